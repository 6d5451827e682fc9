// Batch norms that learn their statistics: PyTorch's training mode, and what stays without it.

#include <torch/csrc/autograd/autograd.h>

#include "compare.h"
#include "nn/conv_unit.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr double kEps = 1e-3, kMomentum = 0.1;

// A unit whose norm trains, and the same of plain operators.
struct Twin {
  explicit Twin(const ConvShape& shape, bool with_residual = false) : unit(shape, Activation::silu, kEps) {
    const auto fan = static_cast<double>(shape.in / shape.groups * shape.kernel * shape.kernel);
    unit.conv().weight = seeded(unit.conv().shape(), 1, 1.5 / std::sqrt(fan)).requires_grad_();
    auto& norm = *unit.norm();
    norm.weight = (seeded({shape.out}, 2, 0.5) + 1.5).requires_grad_();
    norm.bias = seeded({shape.out}, 3).requires_grad_();
    norm.running_mean = seeded({shape.out}, 4);
    norm.running_var = seeded({shape.out}, 5).abs() + 0.5;
    norm.momentum = kMomentum;
    x = seeded({3, shape.in, 9, 12}, 7).requires_grad_();
    if (with_residual) residual = seeded({3, shape.out, 9, 12}, 8);
  }

  Tensor run(const Pass& pass) const { return unit.forward(x, pass, residual); }

  ConvUnit unit;
  Tensor x, residual;
};

Pass training() {
  Pass pass;
  pass.training = true;
  return pass;
}

TEST(BatchStatistics, LearnAsInPyTorch) {
  for (const auto& shape : {ConvShape{8, 16}, ConvShape{8, 16, 3, 2}, ConvShape{16, 16, 3, 1, 16}}) {
    const bool residual = shape.pointwise();
    Twin twin(shape, residual);
    auto& norm = *twin.unit.norm();
    std::vector<Tensor> leaves = {twin.x, twin.unit.conv().weight, norm.weight, norm.bias}, doubles;
    for (const auto& leaf : leaves) doubles.push_back(leaf.detach().to(torch::kDouble).requires_grad_());
    const Tensor mean = norm.running_mean.to(torch::kDouble), variance = norm.running_var.to(torch::kDouble);
    Tensor expected = at::conv2d(doubles[0], doubles[1], std::nullopt, shape.stride,
                                 std::vector<std::int64_t>(2, shape.kernel / 2), 1, shape.groups);
    expected = at::batch_norm(expected, doubles[2], doubles[3], mean, variance, true, kMomentum, kEps, false);
    expected = activated(residual ? expected + twin.residual.to(torch::kDouble) : expected, Activation::silu);
    const Tensor found = twin.run(training());
    expect_close(found, expected, 1e-5, "results");
    expect_close(norm.running_mean, mean, 1e-5, "mean");
    expect_close(norm.running_var, variance, 1e-5, "variance");
    const Tensor g = seeded(expected.sizes().vec(), 9);
    const auto ours = torch::autograd::grad({found}, leaves, {g});
    const auto theirs = torch::autograd::grad({expected}, doubles, {g.to(torch::kDouble)});
    for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], theirs[i], 1e-4, "leaf " + std::to_string(i));
  }
}

TEST(BatchStatistics, StayOutsideTrainingAndAreSeenThere) {
  Twin twin({8, 16, 3});
  const auto& norm = *twin.unit.norm();
  const Tensor before = norm.running_mean.clone(), rested = twin.run({});
  EXPECT_TRUE(same_bits(norm.running_mean, before));
  {
    torch::NoGradGuard no_grad;
    twin.run(training());
  }
  EXPECT_TRUE(same_bits(norm.running_mean, before)) << "a block that is not due";
  twin.run(training());
  EXPECT_FALSE(same_bits(norm.running_mean, before));
  EXPECT_GT(distance(twin.run({}), rested), 1e-3);
}

TEST(BatchStatistics, OfFoldedNormsAreEstimatedAndTheResultsStay) {
  Twin twin({8, 16, 3});
  auto& norm = *twin.unit.norm();
  torch::NoGradGuard no_grad;
  norm.running_mean = torch::zeros({16});
  norm.running_var = torch::ones({16});
  norm.statistics = BatchNorm2d::Statistics::folded;
  const Tensor before = twin.run({}).clone();
  Pass estimating;
  estimating.estimates_norms = true;
  expect_close(twin.run(estimating), before, 1e-4, "the estimating pass");
  expect_close(twin.run({}), before, 1e-4, "behind it");
  EXPECT_GT(norm.running_mean.abs().max().item<double>(), 0.01);
  torch::AutoGradMode with_graph(true);
  expect_close(twin.run(training()), before, 1e-3, "normalised by the same batch");
}

}  // namespace
}  // namespace strop
