#include "nn/bias_gelu.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kRows = 37, kWidth = 21;

TEST(BiasGelu, EqualsLibtorch) {
  const Tensor z = seeded({kRows, kWidth}, 1, 3).requires_grad_(), bias = seeded({kWidth}, 2).requires_grad_();
  const Tensor g = seeded({kRows, kWidth}, 3);
  const Tensor found = bias_gelu(z, bias);
  const Tensor expected = at::gelu(z.to(torch::kDouble) + bias.to(torch::kDouble));
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-6);
  const auto ours = torch::autograd::grad({found}, {z, bias}, {g}),
             theirs = torch::autograd::grad({expected}, {z, bias}, {g.to(torch::kDouble)});
  expect_close(ours[0], theirs[0], 1e-6, "gradient of z");
  expect_close(ours[1], theirs[1], 1e-6, "gradient of the bias");
  expect_close(bias_gelu(z, Tensor()), at::gelu(z), 1e-6, "without a bias");
}

// Beyond +-13 the tails are no fp32 numbers.
TEST(BiasGelu, FarFromZero) {
  const Tensor z = torch::tensor({{-1e30F, -100.0F, -14.0F, -5.0F, 0.0F, 5.0F, 14.0F, 100.0F, 1e15F}}).requires_grad_();
  const Tensor found = bias_gelu(z, Tensor());
  EXPECT_LE((found - at::gelu(z)).slice(1, 1, 8).abs().max().item<double>(), 1e-5);
  EXPECT_EQ(found[0][8].item<float>(), 1e15F);
  EXPECT_TRUE(torch::autograd::grad({found.sum()}, {z})[0].isfinite().all().item<bool>());
}

TEST(BiasGelu, NumericalGradient) {
  const Tensor z = seeded({kRows, kWidth}, 1).requires_grad_(), bias = seeded({kWidth}, 2).requires_grad_();
  const Tensor g = seeded({kRows, kWidth}, 3);
  const auto value = [&] { return (bias_gelu(z, bias).detach().to(torch::kDouble) * g).sum().item<double>(); };
  const auto gradients = torch::autograd::grad({bias_gelu(z, bias)}, {z, bias}, {g});
  for (const std::int64_t entry : {0, 5, 20}) {
    EXPECT_NEAR(gradients[0].data_ptr<float>()[entry], numerical_gradient(z, entry, value), 2e-3);
    EXPECT_NEAR(gradients[1].data_ptr<float>()[entry], numerical_gradient(bias, entry, value), 5e-3);
  }
}

TEST(BiasGelu, SameBitsWithAnyNumberOfThreads) {
  const Tensor z = seeded({300, kWidth}, 1).requires_grad_(), bias = seeded({kWidth}, 2).requires_grad_();
  const auto threads = at::get_num_threads();
  const auto run = [&](int count) {
    at::set_num_threads(count);
    return torch::autograd::grad({bias_gelu(z, bias).sum()}, {z, bias});
  };
  const auto one = run(1), two = run(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(same_bits(one[i], two[i]));
}

struct Mlp {
  Tensor z = seeded({kRows, kWidth}, 1, 2).requires_grad_(), bias = seeded({kWidth}, 2).requires_grad_();
  Tensor weight = seeded({9, kWidth}, 3).requires_grad_(), weight_bias = seeded({9}, 4).requires_grad_();
  Tensor g = seeded({kRows, 9}, 5);
  Tensor run() const { return gelu_linear(z, bias, weight, weight_bias); }
  std::vector<Tensor> leaves() const { return {z, bias, weight, weight_bias}; }
};

TEST(GeluLinear, EqualsLibtorch) {
  const Mlp mlp;
  std::vector<Tensor> twins;
  for (const auto& leaf : mlp.leaves()) twins.push_back(leaf.detach().to(torch::kDouble).requires_grad_());
  const Tensor expected = at::linear(at::gelu(twins[0] + twins[1]), twins[2], twins[3]), found = mlp.run();
  expect_close(found, expected, 1e-5, "result");
  const auto ours = torch::autograd::grad({found}, mlp.leaves(), {mlp.g});
  const auto theirs = torch::autograd::grad({expected}, twins, {mlp.g.to(torch::kDouble)});
  for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], theirs[i], 1e-5, "leaf " + std::to_string(i));
}

TEST(GeluLinear, NumericalGradient) {
  const Mlp mlp;
  const auto value = [&] { return (mlp.run().detach().to(torch::kDouble) * mlp.g).sum().item<double>(); };
  const auto leaves = mlp.leaves();
  const auto gradients = torch::autograd::grad({mlp.run()}, leaves, {mlp.g});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (const std::int64_t entry : {0, 5}) {
      EXPECT_NEAR(gradients[i].data_ptr<float>()[entry], numerical_gradient(leaves[i], entry, value), 1e-2)
          << "leaf " << i << ", entry " << entry;
    }
  }
}

// A weight without biases, below which nothing trains; and bf16, which has no kernel.
TEST(GeluLinear, WeightAlone) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const Tensor z = seeded({kRows, kWidth}, 1).to(type), weight = seeded({9, kWidth}, 3).to(type).requires_grad_();
    const Tensor found = gelu_linear(z, {}, weight, {}), expected = at::linear(at::gelu(z), weight);
    const double limit = type == torch::kFloat ? 1e-5 : 3e-2;
    expect_close(found, expected, limit, "result");
    expect_close(torch::autograd::grad({found.sum()}, {weight})[0], torch::autograd::grad({expected.sum()}, {weight})[0],
                 limit, "gradient");
  }
}

}  // namespace
}  // namespace strop
