#include "nn/norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kRows = 37, kWidth = 24;

struct Case {
  LayerNorm norm{kWidth, 1e-5};
  Tensor x, residual, g;

  explicit Case(bool with_residual, torch::ScalarType type = torch::kFloat) {
    norm.weight = (seeded({kWidth}, 1, 0.3) + 1).requires_grad_();
    norm.bias = seeded({kWidth}, 2, 0.3).requires_grad_();
    x = (seeded({kRows, kWidth}, 3, 2) + 0.5).to(type).requires_grad_();
    if (with_residual) residual = seeded({kRows, kWidth}, 4).to(type).requires_grad_();
    g = seeded({kRows, kWidth}, 5).to(type);
  }
  std::vector<Tensor> leaves() const {
    std::vector<Tensor> all = {x, norm.weight, norm.bias};
    if (residual.defined()) all.push_back(residual);
    return all;
  }
  Tensor run(const DropoutSpec& spec) const { return residual_norm(norm, x, residual, spec); }
};

// layer_norm(residual + x * mask), in double.
void expect_parity(const Case& one, const DropoutSpec& spec, const Tensor& mask, double limit) {
  std::vector<Tensor> leaves;
  for (const auto& leaf : one.leaves()) leaves.push_back(leaf.detach().to(torch::kDouble).requires_grad_());
  Tensor sum = leaves[0] * mask;
  if (leaves.size() > 3) sum = sum + leaves[3];
  const Tensor expected = at::layer_norm(sum, {kWidth}, leaves[1], leaves[2], 1e-5), found = one.run(spec);
  expect_close(found, expected, limit, "result");
  const auto ours = torch::autograd::grad({found}, one.leaves(), {one.g});
  const auto theirs = torch::autograd::grad({expected}, leaves, {one.g.to(torch::kDouble)});
  const char* names[] = {"x", "gamma", "beta", "residual"};
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].scalar_type(), one.leaves()[i].scalar_type());
    expect_close(ours[i], theirs[i], limit, names[i]);
  }
}

Tensor no_mask() { return torch::ones({kRows, kWidth}, torch::kDouble); }
// The mask that residual_norm and dropout draw for a key is the same: both count elements row by row.
Tensor mask_of_key(const DropoutSpec& spec) { return dropout(torch::ones({kRows, kWidth}), spec).to(torch::kDouble); }

TEST(ResidualNorm, WithoutResidual) { expect_parity(Case(false), {}, no_mask(), 1e-5); }
TEST(ResidualNorm, WithResidual) { expect_parity(Case(true), {}, no_mask(), 1e-5); }
TEST(ResidualNorm, Bf16) { expect_parity(Case(true, torch::kBFloat16), {}, no_mask(), 2e-2); }
TEST(ResidualNorm, Dropout) {
  const DropoutSpec spec{0.3, 9};
  expect_parity(Case(true), spec, mask_of_key(spec), 1e-5);
  expect_parity(Case(false), spec, mask_of_key(spec), 1e-5);
}
TEST(ResidualNorm, DropoutInBf16) {
  const DropoutSpec spec{0.3, 9};
  expect_parity(Case(true, torch::kBFloat16), spec, mask_of_key(spec), 2e-2);
}

TEST(ResidualNorm, NumericalGradient) {
  const Case one(true);
  const DropoutSpec spec{0.2, 4};
  const auto value = [&] { return (one.run(spec).detach().to(torch::kDouble) * one.g).sum().item<double>(); };
  const auto leaves = one.leaves();
  const auto gradients = torch::autograd::grad({one.run(spec)}, leaves, {one.g});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (const std::int64_t entry : {0, 7, 23}) {
      EXPECT_NEAR(gradients[i].data_ptr<float>()[entry], numerical_gradient(leaves[i], entry, value), 5e-3)
          << i << " " << entry;
    }
  }
}

TEST(ResidualNorm, FrozenAffineGetsNoGradient) {
  Case one(true);
  one.norm.weight = one.norm.weight.detach();
  one.norm.bias = one.norm.bias.detach();
  one.run({}).backward(one.g);
  EXPECT_FALSE(one.norm.weight.grad().defined());
  EXPECT_GT(one.x.grad().abs().max().item<float>(), 0);
  EXPECT_TRUE(same_bits(one.x.grad(), one.residual.grad()));
}

TEST(ResidualNorm, NothingIsSavedWithoutGraph) {
  const Case one(true);
  torch::NoGradGuard no_grad;
  const Tensor y = one.run({});
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(y.grad_fn(), nullptr);
}

TEST(ResidualNorm, SameBitsWithAnyNumberOfThreads) {
  const Case one(true);
  const auto threads = at::get_num_threads();
  const auto run = [&](int count) {
    at::set_num_threads(count);
    const Tensor y = one.run({0.1, 2});
    auto all = torch::autograd::grad({y}, one.leaves(), {one.g});
    all.push_back(y);
    return all;
  };
  const auto first = run(1), second = run(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(same_bits(first[i], second[i])) << i;
}

// The sum is the sum, its gradient joins that of the normalised rows, and both are the unfused form's.
TEST(SumAndNorm, EqualsSumThenNorm) {
  const Case one(true);
  const DropoutSpec spec{0.2, 4};
  const auto [sum, normed] = sum_and_norm(one.norm, one.x, one.residual, spec);
  EXPECT_TRUE(same_bits(normed, one.run(spec)));
  const Tensor plain_sum = dropout(one.x, spec) + one.residual;
  expect_close(sum, plain_sum, 1e-6, "sum");
  const Tensor plain_normed = at::layer_norm(plain_sum, {kWidth}, one.norm.weight, one.norm.bias, 1e-5);
  const Tensor g_sum = seeded({kRows, kWidth}, 6);
  const auto ours = torch::autograd::grad({sum, normed}, one.leaves(), {g_sum, one.g}, /*retain_graph=*/true);
  const auto theirs = torch::autograd::grad({plain_sum, plain_normed}, one.leaves(), {g_sum, one.g}, true);
  for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], theirs[i], 1e-5, std::to_string(i));
  const auto of_sum = torch::autograd::grad({sum}, {one.x, one.residual}, {g_sum}, true);
  EXPECT_TRUE(same_bits(of_sum[1], g_sum));
  const auto of_normed = torch::autograd::grad({normed}, {one.residual}, {one.g});
  expect_close(of_normed[0], torch::autograd::grad({plain_normed}, {one.residual}, {one.g})[0], 1e-5, "normed alone");
}

TEST(Dropout, KeepsTheShareAndTheMean) {
  const Tensor x = torch::ones({200, 500});
  const Tensor y = dropout(x, {0.3, 11});
  // 100,000 draws: the deviation of the share is 0.0014.
  EXPECT_NEAR((y == 0).to(torch::kFloat).mean().item<double>(), 0.3, 0.007);
  EXPECT_NEAR(y.max().item<double>(), 1 / 0.7, 1e-6);
  EXPECT_TRUE(same_bits(y, dropout(x, {0.3, 11})));
  EXPECT_FALSE(same_bits(y, dropout(x, {0.3, 12})));
  EXPECT_TRUE(dropout(x, {0, 11}).is_same(x));
}

TEST(Dropout, BackwardUsesTheMaskOfForward) {
  const Tensor x = seeded({30, 8}, 1).requires_grad_();
  dropout(x, {0.4, 3}).sum().backward();
  EXPECT_TRUE(same_bits(x.grad(), dropout(torch::ones({30, 8}), {0.4, 3})));
}

}  // namespace
}  // namespace strop
