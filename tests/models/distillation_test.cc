// What holds a detector's old answers: zero where nothing moved, its gradient by differences, and the places that it is
// about.
#include "models/detector_parts/distillation.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <memory>

#include "models/fastestdet/detector.h"
#include "models/yolos/detector.h"
#include "models/yolox/detector.h"
#include "nn/compare.h"

namespace strop {
namespace {

using torch::Tensor;

TEST(SureAnswers, AreThoseFarAboveTheMeanAndWeighTheirScores) {
  Tensor scores = torch::full({2, 50}, 0.01F);
  scores.index_put_({0, 7}, 0.8F);
  scores.index_put_({0, 9}, 0.4F);
  scores.index_put_({1, 3}, 0.02F);
  const auto sure = sure_answers(scores);
  EXPECT_TRUE(at::equal(sure.rows, torch::tensor({7, 9, 53}, torch::kLong))) << sure.rows;
  EXPECT_TRUE(at::equal(sure.samples, torch::tensor({0, 0, 1}, torch::kLong))) << sure.samples;
  expect_close(sure.weights, torch::tensor({2.0F / 3, 1.0F / 3, 1.0F}), 1e-6, "weights");
  const Tensor moved = torch::tensor({3.0F, 6.0F, 5.0F});
  expect_close(held_losses(sure, moved, 2), torch::tensor({4.0F, 5.0F}), 1e-6, "means");
}

// With so few places none lies two deviations above the mean.
TEST(SureAnswers, HoldTheBestOneAtLeast) {
  const auto sure = sure_answers(torch::tensor({{0.1F, 0.9F, 0.2F}, {0.5F, 0.5F, 0.5F}}));
  EXPECT_EQ(sure.rows[0].item<std::int64_t>(), 1);
  EXPECT_EQ(sure.rows.numel(), 4) << "all of those that are alike";
}

TEST(Divergence, EqualsItsDefinition) {
  const Tensor now = seeded({4, 3}, 1, 2), before = seeded({4, 3}, 2, 2);
  const Tensor p = before.sigmoid().to(torch::kDouble), q = now.sigmoid().to(torch::kDouble);
  expect_close(yes_no_divergence(now, before), (p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()).sum(1), 1e-5,
               "yes or no");
  const Tensor a = before.softmax(1).to(torch::kDouble), b = now.softmax(1).to(torch::kDouble);
  expect_close(choice_divergence(now, before), (a * (a / b).log()).sum(1), 1e-5, "choice");
}

// A detector of two groups of 3 and 2 classes, and the shape of their outputs, classes last.
struct Held {
  std::string name;
  std::unique_ptr<Detector> detector;
  std::vector<std::int64_t> old_shape, new_shape;
};

std::vector<Held> detectors() {
  const std::vector<std::vector<std::int32_t>> groups = {{0, 1, 2}, {3, 4}};
  std::vector<Held> all;
  all.push_back({"anchors", std::make_unique<YoloxDetector>(groups), {2, 84, 8}, {2, 84, 7}});
  all.push_back({"places", std::make_unique<FastestDetector>(groups), {2, 8, 4, 4}, {2, 7, 4, 4}});
  all.push_back({"queries", std::make_unique<YolosDetector>(groups, SetWeights(), 8, 12), {2, 12, 8}, {2, 12, 7}});
  return all;
}

TEST(Distillation, IsZeroWhereNothingMovedAndGrowsWithIt) {
  for (const auto& held : detectors()) {
    const Tensor old = seeded(held.old_shape, 5, 2), step = seeded(held.old_shape, 6, 0.1);
    State before;
    before.set("outputs", old);
    before.set("outputs.0", seeded(held.new_shape, 7));
    double last = 0;
    for (const double far : {0.0, 1.0, 3.0}) {
      State now;
      now.set("outputs", (old + far * step).requires_grad_());
      now.set("outputs.0", seeded(held.new_shape, 8).requires_grad_());
      const Tensor moved = held.detector->distillations(now, before);
      ASSERT_EQ(moved.sizes().vec(), (std::vector<std::int64_t>{2})) << held.name;
      const double sum = moved.sum().item<double>();
      if (far == 0) {
        EXPECT_NEAR(sum, 0, 1e-6) << held.name;
      } else {
        EXPECT_GT(sum, last + 1e-4) << held.name;
      }
      last = sum;
      moved.sum().backward();
      EXPECT_FALSE(now.at("outputs.0").grad().defined()) << held.name << ": the newest classes are free";
    }
  }
}

TEST(Distillation, GradientsEqualDifferences) {
  for (const auto& held : detectors()) {
    const Tensor old = seeded(held.old_shape, 5, 2),
                 now = (old + seeded(held.old_shape, 6, 0.3)).contiguous().requires_grad_();
    State before, state;
    before.set("outputs", old);
    state.set("outputs", now);
    const auto loss = [&] { return held.detector->distillations(state, before).sum(); };
    loss().backward();
    const Tensor gradient = now.grad().flatten();
    const double scale = gradient.abs().max().item<double>();
    ASSERT_GT(scale, 1e-3) << held.name;
    const Tensor largest = std::get<1>(gradient.abs().topk(20));
    for (std::int64_t i = 0; i < largest.numel(); ++i) {
      const auto entry = largest[i].item<std::int64_t>();
      const double expected = numerical_gradient(now, entry, [&] { return loss().item<double>(); });
      EXPECT_NEAR(gradient[entry].item<double>() / scale, expected / scale, 1e-2) << held.name << ": entry " << entry;
    }
  }
}

TEST(Distillation, HasNothingToHoldWithoutAnOldGroupThatTrains) {
  const Tensor outputs = seeded({1, 84, 8}, 1);
  State before, now, frozen;
  before.set("outputs", outputs);
  now.set("outputs", (outputs + 1).requires_grad_());
  frozen.set("outputs", outputs + 1);
  EXPECT_FALSE(YoloxDetector({{0, 1, 2}}).distillations(now, before).defined()) << "one group: the newest";
  const YoloxDetector two({{0, 1, 2}, {3}});
  EXPECT_FALSE(two.distillations(frozen, before).defined());
  EXPECT_FALSE(two.distillations(now, State()).defined());
  EXPECT_TRUE(two.distillations(now, before).defined());
}

}  // namespace
}  // namespace strop
