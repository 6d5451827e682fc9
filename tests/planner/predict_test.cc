// The arithmetic of predictions, on facts whose figures are known. What comes true is measured by hand
// (docs/planner.md).
#include "planner/predict.h"

#include <gtest/gtest.h>

#include "planner/choose.h"
#include "tiny_facts.h"

namespace strop {
namespace {

// Seconds of a sample's forward pass through one encoder block: 2e9 FLOPs at 100 GFLOP/s.
constexpr double kBlock = 0.02;

Cost cost_of(const Options& options, const PlanFacts& facts) {
  return predict_cost(choose_plan(options, facts), facts);
}

PlanFacts without_validation() {
  auto facts = tiny_facts();
  facts.validation_rows = 0;
  return facts;
}

// In forward passes of one encoder block for one sample.
double units_a_sample(Options options, const PlanFacts& facts) {
  options.max_steps = 100;
  const double samples = 100.0 * static_cast<double>(options.per_device_train_batch_size);
  return cost_of(options, facts).training / samples / kBlock;
}

TEST(PredictTime, ForwardAndBackwardByWhatTrains) {
  const auto facts = without_validation();
  EXPECT_NEAR(units_a_sample(with_method("lora"), facts), 2 * 2, 0.02);  // two blocks, forward and through
  EXPECT_NEAR(units_a_sample(with_method("full"), facts), 2 * 3, 0.02);  // and the weights' gradients
  auto rdrop = with_method("full");
  rdrop.augment = {"rdrop"};
  EXPECT_NEAR(units_a_sample(rdrop, facts), 2 * 2 * 3, 0.02);
}

// A large cache goes to the disk if there is room for it, and costs no memory there.
TEST(PredictMemory, ALargeCacheLiesOnDisk) {
  auto facts = tiny_facts();
  auto options = with_method("layerwise");
  options.top_k = 1;
  const auto kept = choose_plan(options, facts);
  EXPECT_EQ(kept.options.cache, "ram") << "no disk is known";
  EXPECT_GT(predict_cost(kept, facts).cache_bytes, 64 << 20);
  facts.disk_bytes = std::int64_t{100} << 30;
  const auto plan = choose_plan(options, facts);
  EXPECT_EQ(plan.options.cache, "disk");
  EXPECT_EQ(plan.options.cache_limit, std::to_string(facts.disk_bytes / 2));
  EXPECT_EQ(plan.reasons.at("cache"), "disk: the frozen prefix runs once for each sample");
  EXPECT_NEAR(static_cast<double>(kept.predicted.peak_bytes - plan.predicted.peak_bytes),
              static_cast<double>(predict_cost(kept, facts).cache_bytes), 1e6);
  EXPECT_NEAR(plan.predicted.seconds, kept.predicted.seconds, 0.2);
  facts.train_rows = 100;
  EXPECT_EQ(choose_plan(options, facts).options.cache, "ram") << "a small one";
  facts.train_rows = 1024;
  options.device = "cuda";
  EXPECT_EQ(choose_plan(options, facts).options.cache, "ram") << "it lies on the GPU";
}

// The closed form of the head and the stage behind it share what the frozen prefix gives.
TEST(PredictTime, ASolvedHeadFillsTheCache) {
  const auto facts = without_validation();
  auto options = with_method("layerwise");
  options.top_k = 1;
  options.num_train_epochs = 4;
  options.augment = {"light"};
  const auto rows = static_cast<double>(facts.train_rows);
  const auto alone = cost_of(options, facts);
  options.lp_ft = true;
  const auto both = cost_of(options, facts);
  EXPECT_NEAR(both.solving / rows / kBlock, 4 * 2, 0.02) << "four views through two blocks";
  EXPECT_NEAR((alone.training - both.training) / rows / kBlock, 4, 0.02) << "four views through the lower block";
  options.views = 2;
  EXPECT_NEAR(cost_of(options, facts).solving / rows / kBlock, 2 * 2, 0.02);
}

// Of pictures blocks were measured: the rules for products give way.
TEST(PredictTime, MeasuredBlocksTakeWhatTheyTook) {
  auto facts = without_validation();
  for (auto* block : {&facts.model.blocks[1], &facts.model.blocks[2]}) {
    block->seconds = 3 * kBlock;
    block->training_seconds = 15 * kBlock;  // backward: four times forward, half of it for the weights
  }
  EXPECT_NEAR(units_a_sample(with_method("lora"), facts), 2 * (3 + 6), 0.02);
  EXPECT_NEAR(units_a_sample(with_method("full"), facts), 2 * 15, 0.02);
}

// Distillation: a forward pass more, and the weights once more, in stages of a method that keeps the model's classes.
TEST(PredictTime, TheNetworkAsItWasIsAskedToo) {
  auto facts = without_validation();
  facts.model.blocks.back().name = "increments.0";  // classes were added
  const auto joined = with_method("join"), full = with_method("full");
  const double alone = units_a_sample(joined, facts), full_alone = units_a_sample(full, facts);
  const auto bytes = cost_of(joined, facts).peak_bytes;
  facts.holds_before = true;
  EXPECT_NEAR(units_a_sample(joined, facts) - alone, 2, 0.02);
  EXPECT_EQ(units_a_sample(full, facts), full_alone);
  EXPECT_NEAR(static_cast<double>(cost_of(joined, facts).peak_bytes - bytes),
              4.0 * static_cast<double>(facts.model.parameters()), 8);
}

TEST(PredictTime, UpdatesLessOftenCostLess) {
  const auto facts = without_validation();
  auto periods = with_method("full");
  periods.update_period = {1, 2, 4};
  // Block 1 every second step, block 0 every fourth: backward stops above it on the others.
  EXPECT_NEAR(units_a_sample(periods, facts), (1 + 0.5 + 0.5) + (1 + 0.25 + 0.25), 0.02);
  auto cycle = with_method("full");
  cycle.block_cycle = 1;
  // Three turns, embeddings among them: the gradient passes block 0 in two of them.
  EXPECT_NEAR(units_a_sample(cycle, facts), (1 + 1 + 1 / 3.0) + (1 + 2 / 3.0 + 1 / 3.0), 0.02);
}

TEST(PredictTime, CachedPrefixRunsOnce) {
  const auto facts = without_validation();
  auto top = with_method("layerwise");
  top.top_k = 1;
  top.num_train_epochs = 3;
  const double suffix = 3 * 3 * 1024 * kBlock;  // 3 epochs of 32 batches of 32, forward and backward of the top block
  EXPECT_NEAR(cost_of(top, facts).training, 1024 * kBlock + suffix, 2);
  top.cache = "none";
  EXPECT_NEAR(cost_of(top, facts).training, 3 * 1024 * kBlock + suffix, 2);
}

TEST(PredictTime, EvaluationsAndTheEnd) {
  auto facts = tiny_facts();
  const auto lora = cost_of(with_method("lora"), facts);
  EXPECT_NEAR(lora.evaluation, 100 * 2 * kBlock, 0.01);
  EXPECT_NEAR(lora.training - cost_of(with_method("lora"), without_validation()).training, 3 * 100 * 2 * kBlock, 0.05);
  facts.test_rows = 1000;
  EXPECT_NEAR(cost_of(with_method("lora"), facts).finish - lora.finish, 1000 * 2 * kBlock, 0.01);
  facts.seconds_used = 7;
  EXPECT_NEAR(cost_of(with_method("lora"), facts).seconds() - lora.seconds(), 7 + 1000 * 2 * kBlock, 0.01);
}

TEST(PredictTime, ClosedFormsAreForwardPasses) {
  auto ridge = with_method("head");
  ridge.head_solver = "ridge";
  const auto cost = cost_of(ridge, tiny_facts());
  EXPECT_EQ(cost.training, 0);
  EXPECT_NEAR(cost.solving, 1124 * 2 * kBlock, 0.1);
}

// Which multiplies for each row and class, and holds numbers for them.
TEST(PredictTime, ClosedFormsOfManyClassesTakeLonger) {
  auto facts = without_validation();
  facts.train_rows = 20000;
  auto options = with_method("head");
  options.head_solver = "logistic";
  const auto few = cost_of(options, facts);
  facts.model.labels = 1000;
  const auto many = cost_of(options, facts);
  EXPECT_GT(many.solving, few.solving + 1);
  EXPECT_GT(many.peak_bytes - few.peak_bytes, std::int64_t{20000} * 998 * 40);
}

TEST(PredictTime, InputsOfEvaluationAreTheirOwn) {
  auto facts = tiny_facts();
  const auto none = cost_of(with_method("full"), facts);
  facts.evaluation_input_seconds = 0.5;
  const auto slow = cost_of(with_method("full"), facts);
  EXPECT_NEAR(slow.finish - none.finish, 0.5 * 100, 1e-6);
  EXPECT_NEAR(slow.training - none.training, 3 * 0.5 * 100, 1e-6) << "after each of three epochs";
}

TEST(PredictTime, WallClockStagesTakeTheirTime) {
  auto options = with_method("lora");
  options.time = "10m";
  const auto facts = tiny_facts();
  const auto plan = choose_plan(options, facts);
  const auto cost = predict_cost(plan, facts);
  EXPECT_EQ(cost.training, plan.stages.at(0).seconds);
  EXPECT_LE(cost.seconds() + cost.evaluation, 600);
}

TEST(PredictMemory, FollowsTheMicroBatch) {
  const auto facts = tiny_facts();
  auto plan = choose_plan(with_method("lora"), facts);
  const auto whole = predict_cost(plan, facts).peak_bytes;
  plan.micro_batch = 16;
  // Two blocks keep 4e5 numbers a sample each, and four tensors of 1e4 pass by.
  EXPECT_NEAR(static_cast<double>(whole - predict_cost(plan, facts).peak_bytes), 16 * (2 * 4e5 + 4 * 1e4) * 4, 2e4);
  plan.precision = plan.prefix_precision = "bf16";
  plan.micro_batch = 32;
  EXPECT_LT(predict_cost(plan, facts).peak_bytes, whole);
}

TEST(PredictMemory, MeasuredBlocksHoldWhatTheyHeld) {
  auto facts = tiny_facts();
  for (auto* block : {&facts.model.blocks[1], &facts.model.blocks[2]}) {
    block->held = 1e6;
    block->passing = 5e5;
  }
  auto plan = choose_plan(with_method("full"), facts);
  const auto whole = predict_cost(plan, facts).peak_bytes;
  plan.micro_batch = 16;
  EXPECT_NEAR(static_cast<double>(whole - predict_cost(plan, facts).peak_bytes), 16 * (2 * 1e6 + 5e5) * 4, 2e4);
}

// Inputs that are made while training goes on lie ready for the batch at work and those behind it.
TEST(PredictMemory, CountsInputsThatAreMadeInTraining) {
  auto facts = without_validation();
  auto uncached = with_method("full");
  const auto before = cost_of(uncached, facts).peak_bytes;
  facts.input_bytes = 1e5;
  EXPECT_NEAR(static_cast<double>(cost_of(uncached, facts).peak_bytes - before), 32 * 1e5, 1);
}

// Training inputs change their size; evaluation's do not.
TEST(PredictMemory, CountsTheLargestInputsAndTheTimeOfTheMeanOnes) {
  auto facts = without_validation();
  const auto plan = choose_plan(with_method("lora"), facts);
  const auto before = predict_cost(plan, facts);
  facts.largest_input = 2.25;
  facts.mean_input = 1.5;
  const auto cost = predict_cost(plan, facts);
  EXPECT_NEAR(static_cast<double>(cost.peak_bytes - before.peak_bytes), 1.25 * 32 * (2 * 4e5 + 4 * 1e4) * 4, 2e4);
  EXPECT_NEAR(cost.training, 1.5 * before.training, 0.01 * cost.training);
  EXPECT_EQ(cost.finish, before.finish);
  // A frozen prefix that is not cached runs in training, too: 3 epochs at the mean size.
  auto top = with_method("layerwise");
  top.top_k = 1;
  top.cache = "none";
  EXPECT_NEAR(cost_of(top, facts).training, 1.5 * 3 * 1024 * (kBlock + 3 * kBlock), 3);
}

TEST(PredictMemory, FollowsTheLongestRows) {
  auto facts = tiny_facts();
  facts.model.tokens = 10;
  facts.lengths.assign(1000, 9);
  for (std::size_t i = 0; i < 100; ++i) facts.lengths[10 * i] = 19;
  const auto plan = choose_plan(with_method("lora"), facts);
  const auto mixed = predict_cost(plan, facts).peak_bytes;
  facts.lengths.assign(1000, 19);
  EXPECT_EQ(predict_cost(plan, facts).peak_bytes, mixed);  // 32 long rows may meet in a batch
  facts.lengths.assign(1000, 10);
  EXPECT_NEAR(static_cast<double>(mixed - predict_cost(plan, facts).peak_bytes), 0.9 * 32 * (2 * 4e5 + 4 * 1e4) * 4,
              2e4);
}

TEST(PredictMemory, TokensAtOnceBoundLongBatches) {
  auto facts = tiny_facts();
  facts.model.tokens = 10;
  facts.lengths.assign(1000, 64);
  auto plan = choose_plan(with_method("lora"), facts);
  EXPECT_EQ(plan.micro_batch_tokens, 1024);  // 16 of 32 such rows
  const auto half = predict_cost(plan, facts).peak_bytes;
  plan.micro_batch_tokens = 0;
  EXPECT_NEAR(static_cast<double>(predict_cost(plan, facts).peak_bytes - half), 1024 / 10.0 * (2 * 4e5 + 4 * 1e4) * 4,
              2e4);
}

TEST(PredictMemory, FollowsWhatTrainsAndWhatIsCached) {
  const auto facts = tiny_facts();
  auto options = with_method("full");
  options.optim = "sgd";
  const auto sgd = cost_of(options, facts).peak_bytes;
  options.optim = "adamw";
  EXPECT_NEAR(static_cast<double>(cost_of(options, facts).peak_bytes - sgd), 4 * 2e6, 1e4);  // the second moment
  options = with_method("layerwise");
  options.top_k = 1;
  const auto cached = cost_of(options, facts);
  EXPECT_EQ(cached.cache_bytes, static_cast<std::int64_t>((2 * 1024 + 100) * 2e4 * 4));
  options.cache = "none";
  EXPECT_EQ(cached.peak_bytes - cost_of(options, facts).peak_bytes, cached.cache_bytes);
}

// One block after the other: what the first have trained stays beside what the last trains.
TEST(PredictMemory, CountsWhatEarlierStagesHaveTrained) {
  const auto facts = tiny_facts();
  auto options = with_method("layerwise");
  options.cache = "none";
  auto plan = choose_plan(options, facts);
  ASSERT_EQ(plan.stages.size(), 2U);
  const auto both = predict_cost(plan, facts).peak_bytes;
  plan.stages.erase(plan.stages.begin());
  EXPECT_NEAR(static_cast<double>(both - predict_cost(plan, facts).peak_bytes), 8e6, 1e5);
}

TEST(PredictMemory, TheEndReadsTheBaseAgain) {
  auto facts = tiny_facts();
  facts.model.blocks[0].parameters = 1'000'000'000;
  facts.model.blocks[3].parameters = 0;
  const auto cost = cost_of(with_method("head"), facts);
  EXPECT_GT(cost.peak_bytes, std::int64_t{8'000'000'000});
  EXPECT_LT(cost.peak_bytes, std::int64_t{8'600'000'000});
}

}  // namespace
}  // namespace strop
