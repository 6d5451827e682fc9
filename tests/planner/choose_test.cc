#include "planner/choose.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "errors.h"
#include "planner/learning_rates.h"
#include "planner/predict.h"

namespace strop {
namespace {

PlanFacts facts() {
  PlanFacts facts;
  facts.model.family = "bert";
  for (const auto* name : {"embeddings", "encoder.layer.0", "encoder.layer.1", "pooler", "classifier"}) {
    facts.model.blocks.push_back({.name = name, .parameters = 100, .multiply_adds = 1000});
  }
  facts.model.head_begin = 3;
  facts.model.labels = 2;
  facts.rates = {100, 250};
  facts.train_rows = 1000;
  facts.validation_rows = 100;
  facts.available_bytes = std::int64_t{4} << 30;
  return facts;
}

Options with(const std::string& method) {
  Options options;
  options.method = method;
  return options;
}

TEST(Choose, ResolvesWhatIsAutomatic) {
  const auto plan = choose_plan(with("auto"), facts());
  EXPECT_EQ(plan.options.method, "lora");
  EXPECT_EQ(plan.precision, "bf16");  // 250 against 100 GFLOP/s
  EXPECT_EQ(plan.options.cache, "ram");
  EXPECT_EQ(plan.options.cache_limit, std::to_string(std::int64_t{2} << 30));
  for (const auto* decision : {"method", "precision", "cache"}) EXPECT_EQ(plan.reasons.count(decision), 1U) << decision;
  ASSERT_EQ(plan.stages.size(), 1U);
  EXPECT_EQ(plan.stages[0].max_steps, 3 * 32);  // 1000 rows in batches of 32: 32 steps an epoch
  EXPECT_EQ(plan.stages[0].learning_rate, default_learning_rate("lora", "bert", "adamw"));
}

TEST(Choose, Bf16OnlyWhereItPays) {
  auto slow = facts();
  slow.rates = {100, 120};
  EXPECT_EQ(choose_plan(with("full"), slow).precision, "fp32");
  auto asked = with("full");
  asked.precision = "bf16";
  EXPECT_EQ(choose_plan(asked, slow).precision, "bf16");
}

TEST(Choose, AFrozenPrefixThatBf16ChangesStaysInFp32) {
  auto checked = facts();
  checked.bf16_prefix = "what was found";
  EXPECT_EQ(choose_plan(with("full"), checked).prefix_precision, "bf16");
  checked.bf16_prefix_safe = false;
  const auto plan = choose_plan(with("full"), checked);
  EXPECT_EQ(plan.prefix_precision, "fp32");
  EXPECT_EQ(plan.precision, "bf16") << "what trains was not asked about";
  EXPECT_EQ(plan.reasons.at("prefix_precision"), "what was found");
}

TEST(Choose, LengthsFollowTheLevers) {
  auto options = with("full");
  options.data_fraction = 0.5;
  options.gradient_accumulation_steps = 2;
  EXPECT_EQ(choose_plan(options, facts()).stages[0].max_steps, 3 * 8);
  options.max_steps = 7;
  EXPECT_EQ(choose_plan(options, facts()).stages[0].max_steps, 7);
  options.max_steps = 0;
  options.infobatch = 0.5;
  EXPECT_EQ(choose_plan(options, facts()).stages[0].max_steps, 0);
  EXPECT_EQ(choose_plan(options, facts()).stages[0].epochs, 3);
}

TEST(Choose, StagesShareTheRun) {
  auto options = with("layerwise");
  options.max_steps = 10;
  options.lp_ft = true;
  const auto plan = choose_plan(options, facts());
  ASSERT_EQ(plan.stages.size(), 3U);
  EXPECT_EQ(plan.stages[0].solver, "logistic");
  EXPECT_EQ(plan.stages[0].max_steps, 0);
  EXPECT_EQ(plan.stages[1].max_steps + plan.stages[2].max_steps, 10);
  EXPECT_EQ(plan.stages[1].blocks.front(), "encoder.layer.1");
  EXPECT_EQ(plan.stages[2].blocks.front(), "encoder.layer.0");
}

TEST(Choose, WeightsBelowASolvedHeadMoveSlowlyOnPictures) {
  auto options = with("full");
  const auto rate = [&](bool pictures) {
    auto known = facts();
    known.pictures = pictures;
    return choose_plan(options, known).stages.back().learning_rate;
  };
  const double own = default_learning_rate("full", "bert", "adamw");
  EXPECT_EQ(rate(true), own);
  options.lp_ft = true;
  EXPECT_EQ(rate(true), 1e-4);
  EXPECT_EQ(rate(false), own);
  options.optim = "sgd";
  EXPECT_DOUBLE_EQ(rate(true), 1e-2);
  options.optim = "adamw";
  options.learning_rate = "2e-3";
  EXPECT_EQ(rate(true), 2e-3) << "as it was asked for";
  options = with("lora");
  options.lp_ft = true;
  EXPECT_EQ(rate(true), default_learning_rate("lora", "bert", "adamw"));
}

TEST(Choose, TimeIsSharedAndCanBeTooShort) {
  auto options = with("layerwise");
  options.time = "100s";
  auto known = facts();
  known.seconds_used = 13;
  const auto plan = choose_plan(options, known);
  const double step = predict_cost(plan, known).step;  // each ends with the one that its time runs out in
  EXPECT_GT(step, 0);
  for (const auto& stage : plan.stages) EXPECT_NEAR(stage.seconds, (100 - 13 - 7) / 2.0 - step, 1e-9);
  const auto refused = [&] { return message_of(ErrorKind::budget, [&] { choose_plan(options, known); }); };
  known.seconds_used = 99;
  expect_parts(refused(), {"leaves nothing to train in"});
  known.seconds_used = 13;
  known.model.blocks[1].multiply_adds = 1e11;  // a batch of 32 takes longer than all that is left
  expect_parts(refused(), {"leaves nothing to train in"});
}

TEST(Choose, EvaluationsTenTimesARun) {
  auto options = with("full");
  options.eval_strategy = "steps";
  options.max_steps = 200;
  EXPECT_EQ(choose_plan(options, facts()).options.eval_steps, 20);
  options.max_steps = 0;
  options.infobatch = 0.5;  // 96 steps at most
  EXPECT_EQ(choose_plan(options, facts()).options.eval_steps, 10);
  options.eval_steps = 3;
  EXPECT_EQ(choose_plan(options, facts()).options.eval_steps, 3);
}

TEST(Choose, PeriodsAndDecayByDepth) {
  auto options = with("full");
  options.update_period = {1, 2, 4};
  options.layer_decay = 0.5;
  const auto stage = choose_plan(options, facts()).stages.at(0);
  EXPECT_EQ(stage.update_period,
            (std::map<std::string, std::int64_t>{{"encoder.layer.1", 2}, {"encoder.layer.0", 4}, {"embeddings", 4}}));
  // Halved for each block from the top, and divided by the root of the period.
  ASSERT_EQ(stage.lr_scale.size(), 3U);
  EXPECT_NEAR(stage.lr_scale.at("encoder.layer.1"), std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(stage.lr_scale.at("encoder.layer.0"), 0.25, 1e-12);
  EXPECT_NEAR(stage.lr_scale.at("embeddings"), 0.125, 1e-12);
  options.task = "object-detection";  // the roots are left out
  EXPECT_NEAR(choose_plan(options, facts()).stages.at(0).lr_scale.at("embeddings"), 0.25, 1e-12);
}

TEST(Choose, RatesFromTheLowestUpInEqualRatios) {
  auto options = with("full");
  options.lowest_lr = 0.01;
  const auto scale = choose_plan(options, facts()).stages.at(0).lr_scale;
  ASSERT_EQ(scale.size(), 2U) << "the top block and the head learn at the stage's rate";
  EXPECT_NEAR(scale.at("encoder.layer.0"), 0.1, 1e-12);
  EXPECT_NEAR(scale.at("embeddings"), 0.01, 1e-12);
}

TEST(Choose, PartsLearnAtRatesOfTheirOwn) {
  auto options = with("full");
  options.lowest_lr = 0.01;
  options.lr_scale = {{"backbone", "0.5"}, {"encoder.layer", "0.1"}, {"encoder.layer.1", "3"}, {"pooler", "0"}};
  const auto scale = choose_plan(options, facts()).stages.at(0).lr_scale;
  ASSERT_EQ(scale.size(), 4U) << "no part names the classifier";
  EXPECT_NEAR(scale.at("embeddings"), 0.01 * 0.5, 1e-12);
  EXPECT_NEAR(scale.at("encoder.layer.0"), 0.1 * 0.1, 1e-12) << "the longest name counts, on top of the depth's";
  EXPECT_NEAR(scale.at("encoder.layer.1"), 3, 1e-12);
  EXPECT_EQ(scale.at("pooler"), 0);
  options.lr_scale = {{"encoder.lay", "0.1"}};
  EXPECT_NE(message_of(ErrorKind::usage, [&] { choose_plan(options, facts()); }).find("'encoder.lay' names no block"),
            std::string::npos);
}

TEST(Choose, SurgicalTrainsItsBlocksAndTheHead) {
  auto options = with("layerwise");
  options.surgical = 1;
  options.surgical_first = "encoder.layer.0";
  const auto stage = choose_plan(options, facts()).stages.at(0);
  EXPECT_EQ(stage.cut, "encoder.layer.0");
  EXPECT_EQ(stage.blocks, (std::vector<std::string>{"encoder.layer.0", "pooler", "classifier"}));
  options.surgical = 2;
  EXPECT_EQ(choose_plan(options, facts()).stages.at(0).blocks.size(), 4U);
  options.surgical_first = "encoder.layer.1";
  EXPECT_THROW(choose_plan(options, facts()), Error);
  options.surgical = 3;
  EXPECT_THROW(choose_plan(options, facts()), Error);
}

TEST(Choose, MethodsThatDoNotFit) {
  EXPECT_THROW(choose_plan(with("lorra"), facts()), Error);
  auto options = with("layerwise");
  options.top_k = 3;
  EXPECT_THROW(choose_plan(options, facts()), Error);
}

}  // namespace
}  // namespace strop
