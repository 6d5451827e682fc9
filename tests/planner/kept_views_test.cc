#include "planner/kept_views.h"

#include <gtest/gtest.h>

namespace strop {
namespace {

// One gradient stage over ten rows in batches of one: ten steps are an epoch.
Plan plan_of(std::vector<std::string> augment, std::int64_t views, std::int64_t steps) {
  Plan plan;
  plan.options.augment = std::move(augment);
  plan.options.views = views;
  plan.options.per_device_train_batch_size = 1;
  plan.stages.emplace_back().max_steps = steps;
  return plan;
}

std::int64_t kept(const Plan& plan) { return kept_views(plan, plan.stages.back(), 10); }

TEST(KeptViews, EachIsReadTwice) {
  EXPECT_EQ(kept(plan_of({"none"}, 4, 5)), 1);
  EXPECT_EQ(kept(plan_of({"light"}, 4, 300)), 4);
  EXPECT_EQ(kept(plan_of({"light"}, 4, 80)), 4);
  EXPECT_EQ(kept(plan_of({"light"}, 4, 79)), 0);
  EXPECT_EQ(kept(plan_of({"light"}, 2, 50)), 2);
  EXPECT_EQ(kept(plan_of({"light"}, 1, 20)), 1);
  EXPECT_EQ(kept(plan_of({"light"}, 1, 19)), 0);
}

TEST(KeptViews, ByTheClockAsManyAsAreAskedFor) {
  auto plan = plan_of({"light"}, 4, 0);
  EXPECT_EQ(kept(plan), 4) << "no length yet";
  plan.stages[0].seconds = 10;
  EXPECT_EQ(kept(plan), 4);
}

TEST(KeptViews, ASolvedHeadReadsEachOnce) {
  auto plan = plan_of({"light"}, 4, 30);
  plan.stages.insert(plan.stages.begin(), Stage{})->solver = "ridge";
  EXPECT_FALSE(closed_form_before(plan, plan.stages[0]));
  EXPECT_TRUE(closed_form_before(plan, plan.stages[1]));
  EXPECT_EQ(stage_filled_by(plan, plan.stages[0]), &plan.stages[1]);
  EXPECT_EQ(stage_filled_by(plan, plan.stages[1]), nullptr);
  EXPECT_EQ(kept(plan), 3);
  plan.stages[1].max_steps = 5;
  EXPECT_EQ(kept(plan), 1);
  plan.stages[1].max_steps = 500;
  EXPECT_EQ(kept(plan), 4);
  plan.stages.push_back(plan.stages[1]);
  EXPECT_FALSE(closed_form_before(plan, plan.stages[2]));
}

}  // namespace
}  // namespace strop
