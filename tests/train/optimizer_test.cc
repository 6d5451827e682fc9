#include "train/optimizer.h"

#include <torch/optim.h>

#include "models/reference.h"
#include "nn/compare.h"
#include "nn/linear.h"

namespace strop {
namespace {

using torch::Tensor;

Options plain_options() {
  Options options;
  options.weight_decay = 0.05;
  return options;
}

struct Parameters {
  Tensor matrix = seeded({6, 4}, 1).requires_grad_(), bias = seeded({6}, 2).requires_grad_();

  std::vector<TrainedTensor> list(double bias_rate = 1) const {
    return {{"layer.weight", "top", matrix, 1, true}, {"layer.bias", "below", bias, bias_rate, false}};
  }
  void set_gradients(std::uint64_t seed, bool with_bias = true) {
    matrix.mutable_grad() = seeded({6, 4}, 100 + seed);
    if (with_bias) bias.mutable_grad() = seeded({6}, 200 + seed);
  }
};

TEST(Optimizer, AdamWEqualsTorch) {
  Parameters ours, theirs;
  Optimizer optimizer(plain_options(), ours.list(0.5));
  torch::optim::AdamW reference(
      {torch::optim::OptimizerParamGroup({theirs.matrix}, std::make_unique<torch::optim::AdamWOptions>(1e-2)),
       torch::optim::OptimizerParamGroup({theirs.bias}, std::make_unique<torch::optim::AdamWOptions>(0.5e-2))},
      torch::optim::AdamWOptions(1e-2));
  static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[0].options()).weight_decay(0.05);
  static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[1].options()).weight_decay(0);
  for (std::uint64_t step = 0; step < 5; ++step) {
    ours.set_gradients(step);
    theirs.set_gradients(step);
    optimizer.step(1e-2);
    reference.step();
  }
  expect_close(ours.matrix, theirs.matrix, 1e-6, "matrix");
  expect_close(ours.bias, theirs.bias, 1e-6, "bias");
  EXPECT_FALSE(ours.matrix.grad().defined());
}

TEST(Optimizer, SgdEqualsTorch) {
  Parameters ours, theirs;
  auto options = plain_options();
  options.optim = "sgd";
  options.weight_decay = 0;
  Optimizer optimizer(options, ours.list());
  torch::optim::SGD reference({theirs.matrix, theirs.bias}, torch::optim::SGDOptions(0.1).momentum(0.9));
  for (std::uint64_t step = 0; step < 4; ++step) {
    ours.set_gradients(step);
    theirs.set_gradients(step);
    optimizer.step(0.1);
    reference.step();
  }
  expect_close(ours.matrix, theirs.matrix, 1e-6, "matrix");
  expect_close(ours.bias, theirs.bias, 1e-6, "bias");
}

TEST(Optimizer, SgdWithoutMomentum) {
  Parameters ours;
  auto options = plain_options();
  options.optim = "sgd";
  options.weight_decay = options.momentum = 0;
  Optimizer optimizer(options, ours.list());
  const Tensor before = ours.matrix.detach().clone();
  ours.set_gradients(1);
  const Tensor gradient = ours.matrix.grad().clone();
  optimizer.step(0.1);
  expect_close(ours.matrix, before - 0.1 * gradient, 1e-6, "matrix");
}

// A tensor updated on two of four steps ends where it would be after two steps of its own: bias correction included.
TEST(Optimizer, StepsAreCountedByTensor) {
  Parameters rare, own;
  Optimizer with_pauses(plain_options(), rare.list()), without(plain_options(), own.list());
  for (std::uint64_t step = 0; step < 4; ++step) {
    rare.set_gradients(step, step % 2 == 1);
    with_pauses.step(1e-2);
    if (step % 2 == 0) continue;
    own.set_gradients(step);
    without.step(1e-2);
  }
  EXPECT_TRUE(same_bits(rare.bias, own.bias));
  EXPECT_EQ(with_pauses.state().at("layer.bias/steps").item<float>(), 2);
  EXPECT_EQ(with_pauses.state().at("layer.weight/steps").item<float>(), 4);
}

TEST(Optimizer, RestoredStateGoesOnWithTheSameBits) {
  for (const std::string kind : {"adamw", "sgd"}) {
    auto options = plain_options();
    options.optim = kind;
    Parameters whole, parted;
    Optimizer one(options, whole.list());
    auto first_half = std::make_unique<Optimizer>(options, parted.list());
    for (std::uint64_t step = 0; step < 3; ++step) {
      whole.set_gradients(step);
      one.step(1e-2);
      parted.set_gradients(step);
      first_half->step(1e-2);
    }
    std::map<std::string, Tensor> kept;
    for (const auto& [name, tensor] : first_half->state()) kept[name] = tensor.clone();
    first_half.reset();
    Optimizer second_half(options, parted.list());
    second_half.restore(kept);
    for (std::uint64_t step = 3; step < 6; ++step) {
      whole.set_gradients(step);
      one.step(1e-2);
      parted.set_gradients(step);
      second_half.step(1e-2);
    }
    EXPECT_TRUE(same_bits(whole.matrix, parted.matrix)) << kind;
    EXPECT_TRUE(same_bits(whole.bias, parted.bias)) << kind;
  }
}

TEST(Optimizer, DroppedStateBeginsAnew) {
  Parameters parameters;
  Optimizer optimizer(plain_options(), parameters.list());
  EXPECT_EQ(optimizer.state_bytes(), 0);
  parameters.set_gradients(1);
  optimizer.step(1e-2);
  const auto both = optimizer.state_bytes();
  optimizer.drop_state("top");
  EXPECT_EQ(both - optimizer.state_bytes(), 2 * 24 * 4 + 4);
  EXPECT_EQ(optimizer.state().count("layer.weight/first"), 0U);
  parameters.set_gradients(2);
  optimizer.step(1e-2);
  EXPECT_EQ(optimizer.state().at("layer.weight/steps").item<float>(), 1);
  EXPECT_EQ(optimizer.state().at("layer.bias/steps").item<float>(), 2);
}

TEST(Optimizer, ClipsTheJointNorm) {
  Parameters parameters;
  Optimizer optimizer(plain_options(), parameters.list());
  EXPECT_EQ(optimizer.clip(1), 0);
  parameters.set_gradients(1);
  const auto norm = at::cat({parameters.matrix.grad().flatten(), parameters.bias.grad()}).norm().item<double>();
  EXPECT_NEAR(optimizer.clip(0), norm, 1e-5);
  EXPECT_NEAR(optimizer.clip(0.5), norm, 1e-5);
  EXPECT_NEAR(at::cat({parameters.matrix.grad().flatten(), parameters.bias.grad()}).norm().item<double>(), 0.5, 1e-5);
}

// Layers keep what they derived from frozen weights; the fused kernels do not say that they changed something.
TEST(Optimizer, LayersSeeItsUpdatesOfWeightsThatAreFrozenAgain) {
  Linear one(4, 4), two(4, 4);
  for (auto* layer : {&one, &two}) {
    layer->weight = seeded({4, 4}, 1);
    layer->bias = seeded({4}, 2);
  }
  const LinearGroup group({&one, &two});
  const Tensor x = seeded({3, 4}, 3);
  const Tensor before = group.forward(x, {}).narrow(1, one.out(), two.out()).clone();
  for (const std::string kind : {"adamw", "sgd"}) {
    auto options = plain_options();
    options.optim = kind;
    Optimizer optimizer(options, {{"two.weight", "top", two.weight, 1, true}});
    two.weight.requires_grad_();
    two.weight.mutable_grad() = torch::ones({4, 4});
    optimizer.step(0.5);
    two.weight.requires_grad_(false);
    expect_close(group.forward(x, {}).narrow(1, one.out(), two.out()), at::linear(x, two.weight, two.bias), 1e-5, kind);
  }
  EXPECT_GT(distance(group.forward(x, {}).narrow(1, one.out(), two.out()), before), 0.1);
}

}  // namespace
}  // namespace strop
