#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "compare.h"
#include "core/rng.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kHeads = 3, kDim = 8, kWidth = kHeads * kDim;

Tensor bounds_of(const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> bounds = {0};
  for (const auto length : lengths) bounds.push_back(bounds.back() + length);
  return torch::tensor(bounds, torch::kLong);
}

// The definition, sequence by sequence and head by head.
Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& q_bounds, const Tensor& k_bounds) {
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i + 1 < q_bounds.numel(); ++i) {
    const auto part = [&](const Tensor& x, const Tensor& bounds) {
      const auto first = bounds[i].item<std::int64_t>(), last = bounds[i + 1].item<std::int64_t>();
      return x.slice(0, first, last).reshape({last - first, kHeads, kDim}).transpose(0, 1);
    };
    const Tensor scores =
        part(q, q_bounds).matmul(part(k, k_bounds).transpose(1, 2)) / std::sqrt(static_cast<double>(kDim));
    rows.push_back(at::softmax(scores, -1).matmul(part(v, k_bounds)).transpose(0, 1).reshape({-1, kWidth}));
  }
  return at::cat(rows, 0);
}

struct Inputs {
  Tensor q, k, v, q_bounds, k_bounds, g;  // g: gradient of the result

  Inputs(const std::vector<std::int64_t>& lengths, bool first_rows_only = false,
         torch::ScalarType type = torch::kFloat) {
    k_bounds = bounds_of(lengths);
    q_bounds = first_rows_only ? torch::arange(k_bounds.numel()) : k_bounds;
    const auto queries = q_bounds[-1].item<std::int64_t>(), keys = k_bounds[-1].item<std::int64_t>();
    q = seeded({queries, kWidth}, 1, 1.5).to(type).requires_grad_();
    k = seeded({keys, kWidth}, 2, 1.5).to(type).requires_grad_();
    v = seeded({keys, kWidth}, 3).to(type).requires_grad_();
    g = seeded({queries, kWidth}, 4).to(type);
  }
  Tensor run(const AttentionSpec& spec) const { return packed_attention({q, k, v}, q_bounds, k_bounds, spec); }
};

void expect_parity(const Inputs& in, double limit) {
  const Tensor found = in.run({kHeads});
  const auto leaf = [](const Tensor& x) { return x.detach().to(torch::kDouble).requires_grad_(); };
  const Tensor q = leaf(in.q), k = leaf(in.k), v = leaf(in.v);
  const Tensor expected = composed(q, k, v, in.q_bounds, in.k_bounds);
  expect_close(found, expected, limit, "result");
  const auto ours = torch::autograd::grad({found}, {in.q, in.k, in.v}, {in.g});
  const auto theirs = torch::autograd::grad({expected}, {q, k, v}, {in.g.to(torch::kDouble)});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(ours[i].scalar_type(), in.q.scalar_type());
    expect_close(ours[i], theirs[i], limit, std::string("gradient of ") + "qkv"[i]);
  }
}

TEST(Attention, EqualsComposedForm) { expect_parity(Inputs({5, 1, 17, 16, 2}), 1e-5); }
TEST(Attention, OneTokenSequences) { expect_parity(Inputs({1, 1, 1}), 1e-5); }
TEST(Attention, LongSequence) { expect_parity(Inputs({300}), 1e-5); }
TEST(Attention, QueriesOfFirstRowsOnly) { expect_parity(Inputs({5, 1, 33, 8}, true), 1e-5); }
TEST(Attention, Bf16) { expect_parity(Inputs({5, 1, 40}, false, torch::kBFloat16), 3e-2); }

// Scores of some hundreds: exp of them is no fp32 number.
TEST(Attention, LargeScoresStayFinite) {
  Inputs in({20});
  in.q = (in.q.detach() * 200).requires_grad_();
  const Tensor found = in.run({kHeads});
  expect_close(
      found,
      composed(in.q.to(torch::kDouble), in.k.to(torch::kDouble), in.v.to(torch::kDouble), in.q_bounds, in.k_bounds),
      1e-3, "result");
  for (const auto& gradient : torch::autograd::grad({found}, {in.q, in.k, in.v}, {in.g})) {
    EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  }
}

TEST(Attention, PartsOfOneProduct) {
  const Tensor joint = seeded({22, 3 * kWidth}, 5);
  Inputs in({10, 12});
  const auto columns = [](const Tensor& x, std::int64_t first, std::int64_t count) {
    return x.narrow(1, first * kWidth, count * kWidth);
  };
  const auto run = [&](const std::vector<Tensor>& parts) {
    return packed_attention(parts, in.q_bounds, in.k_bounds, {kHeads});
  };
  const Tensor three = joint.clone().requires_grad_();
  const Tensor apart = run({columns(three, 0, 1), columns(three, 1, 1), columns(three, 2, 1)});
  const Tensor expected = torch::autograd::grad({apart}, {three}, {in.g})[0];
  const Tensor one = joint.clone().requires_grad_(), two = joint.clone().requires_grad_();
  const Tensor together = run({one}), pair = run({columns(two, 0, 1), columns(two, 1, 2)});
  EXPECT_TRUE(same_bits(together, apart));
  EXPECT_TRUE(same_bits(pair, apart));
  EXPECT_TRUE(same_bits(torch::autograd::grad({together}, {one}, {in.g})[0], expected));
  EXPECT_TRUE(same_bits(torch::autograd::grad({pair}, {two}, {in.g})[0], expected));
}

// Sources round the rows of a batch up (nn/state.h).
TEST(Attention, RowsThatNoSequenceOwns) {
  const Inputs in({7, 9});
  const auto longer = [](const Tensor& x) {
    return at::cat({x.detach(), seeded({16, kWidth}, 9)}, 0).requires_grad_();
  };
  const Tensor q = longer(in.q), k = longer(in.k), v = longer(in.v);
  const Tensor found = packed_attention({q, k, v}, in.q_bounds, in.k_bounds, {kHeads, 0.1, 3});
  EXPECT_TRUE(same_bits(found.narrow(0, 0, 16), in.run({kHeads, 0.1, 3})));
  EXPECT_EQ(found.narrow(0, 16, 16).abs().max().item<float>(), 0);
  for (const auto& gradient : torch::autograd::grad({found}, {q, k, v}, {longer(in.g)})) {
    EXPECT_EQ(gradient.narrow(0, 16, 16).abs().max().item<float>(), 0);
    EXPECT_GT(gradient.narrow(0, 0, 16).abs().max().item<float>(), 0);
  }
}

void expect_numerical_gradients(const Inputs& in, const AttentionSpec& spec) {
  const auto value = [&] { return (in.run(spec).detach().to(torch::kDouble) * in.g).sum().item<double>(); };
  const auto gradients = torch::autograd::grad({in.run(spec)}, {in.q, in.k, in.v}, {in.g});
  const std::vector<Tensor> leaves = {in.q, in.k, in.v};
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (const std::int64_t entry : {0, 31, 100, 250}) {
      EXPECT_NEAR(gradients[i].data_ptr<float>()[entry], numerical_gradient(leaves[i], entry, value), 2e-3)
          << "qkv"[i] << " entry " << entry;
    }
  }
}

TEST(Attention, NumericalGradient) { expect_numerical_gradients(Inputs({5, 9}), {kHeads}); }
// Forward and backward draw the same mask.
TEST(Attention, NumericalGradientUnderDropout) { expect_numerical_gradients(Inputs({5, 9}), {kHeads, 0.3, 77}); }

TEST(Attention, DropoutFollowsItsKey) {
  const Inputs in({12, 3});
  EXPECT_TRUE(same_bits(in.run({kHeads, 0.2, 5}), in.run({kHeads, 0.2, 5})));
  EXPECT_FALSE(same_bits(in.run({kHeads, 0.2, 5}), in.run({kHeads, 0.2, 6})));
  EXPECT_FALSE(same_bits(in.run({kHeads, 0.2, 5}), in.run({kHeads})));
}

TEST(Attention, DropoutKeepsTheMean) {
  const Inputs in({12, 3});
  torch::NoGradGuard no_grad;
  constexpr int kDraws = 2000;
  Tensor sum = torch::zeros_like(in.q), squares = torch::zeros_like(in.q);
  for (int key = 0; key < kDraws; ++key) {
    const Tensor one = in.run({kHeads, 0.25, mix64(static_cast<std::uint64_t>(key))});
    sum += one;
    squares += one * one;
  }
  const Tensor mean = sum / kDraws, error = ((squares / kDraws - mean * mean) / kDraws).sqrt();
  // 360 entries: the largest of as many normal deviates lies above 5 about once in 5,000 sets of keys.
  EXPECT_LT(((mean - in.run({kHeads})).abs() / error).max().item<double>(), 5);
}

TEST(Attention, SameBitsWithAnyNumberOfThreads) {
  const Inputs in({12, 3, 40, 1});
  const auto threads = at::get_num_threads();
  const auto run = [&](int count) {
    at::set_num_threads(count);
    const Tensor out = in.run({kHeads, 0.1, 8});
    auto all = torch::autograd::grad({out}, {in.q, in.k, in.v}, {in.g});
    all.push_back(out);
    return all;
  };
  const auto one = run(1), two = run(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(same_bits(one[i], two[i])) << i;
}

}  // namespace
}  // namespace strop
