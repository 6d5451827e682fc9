// A step that holds old answers: nothing of it is left where it is off, and with it the old outputs move less.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/family.h"
#include "nn/compare.h"
#include "train/box_scenes.h"
#include "train/optimizer.h"
#include "train/step.h"
#include "tuning/apply.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kSamples = 4, kSide = 64;

std::unique_ptr<Model> with_an_owl() {
  ModelOptions options;
  options.label_names = {"cat", "dog", "bus", "owl"};
  options.keeps_classes = true;
  options.image_size = kSide;
  return open_model(tiny_detector(), options).model;
}

// Pictures on which an owl alone is annotated, of numbers so small that a network of random weights stays near where it
// is.
State owls() {
  State state;
  state.set("pixels", seeded({kSamples, 3, kSide, kSide}, 3).contiguous(torch::MemoryFormat::ChannelsLast));
  state.set(kTargets,
            torch::tensor({3.0F, 30.0F, 28.0F, 20.0F, 24.0F}).view({1, 1, 5}).expand({kSamples, 1, 5}).contiguous());
  return state;
}

struct Trained {
  std::unique_ptr<Model> model = with_an_owl();
  Options options;
  std::vector<TrainedTensor> tensors;

  Trained() {
    Stage stage;
    stage.method = options.method = "join";
    stage.blocks = model->block_names();
    tensors = apply_stage(*model, stage, options);
  }
  double step(const LossSettings& settings) {
    MicroBatch batch{owls(), 0, std::vector<std::int32_t>(kSamples, 0), {}};
    Pass pass;
    pass.training = true;
    return run_step(*model, std::move(batch), pass, settings, 0, kSamples, 0).loss;
  }
  State answers() const {
    torch::NoGradGuard no_grad;
    State state = owls();
    model->forward(state, {}, 0, model->size());
    return state;
  }
};

TEST(Distill, OffIsTheStepWithoutIt) {
  const auto teacher = with_an_owl();
  Trained plain, off, held;
  LossSettings settings;
  const double loss = plain.step(settings);
  settings.before = teacher.get();
  EXPECT_EQ(off.step(settings), loss);
  for (std::size_t i = 0; i < plain.tensors.size(); ++i) {
    ASSERT_EQ(plain.tensors[i].tensor.grad().defined(), off.tensors[i].tensor.grad().defined());
    if (!plain.tensors[i].tensor.grad().defined()) continue;
    EXPECT_TRUE(same_bits(plain.tensors[i].tensor.grad(), off.tensors[i].tensor.grad())) << plain.tensors[i].name;
  }
  settings.distill = 10;
  EXPECT_NEAR(held.step(settings), loss, 1e-3 * loss) << "as long as nothing has moved, nothing holds";
}

TEST(Distill, HoldsTheOldOutputs) {
  const auto teacher = with_an_owl();
  double moved[2] = {}, scores[2] = {};
  for (const bool held : {false, true}) {
    Trained run;
    const State before = run.answers();
    LossSettings settings;
    settings.before = teacher.get();
    settings.distill = held ? 100 : 0;
    Optimizer optimizer(run.options, run.tensors);
    for (int i = 0; i < 12; ++i) {
      run.step(settings);
      optimizer.clip(1);
      optimizer.step(2e-4);
    }
    const State after = run.answers();
    EXPECT_FALSE(at::equal(after.at("outputs.0"), before.at("outputs.0"))) << "the new class learns";
    torch::NoGradGuard no_grad;
    moved[held] = run.model->detector->distillations(after, before).mean().item<double>();
    const auto all = [](const State& state) { return state.at("outputs").narrow(2, 4, 4).sigmoid(); };
    scores[held] = (all(after) - all(before)).abs().mean().item<double>();
  }
  EXPECT_GT(moved[false], 0);
  EXPECT_LT(moved[true], 0.5 * moved[false]);
  EXPECT_LT(scores[true], scores[false]);
}

}  // namespace
}  // namespace strop
