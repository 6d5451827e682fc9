#include "train/schedule.h"

#include <gtest/gtest.h>

namespace strop {
namespace {

TEST(Schedule, LinearAndCosineEndAtZero) {
  for (const std::string kind : {"linear", "cosine"}) {
    EXPECT_EQ(schedule_factor(kind, 1, 0.1), 0) << kind;
    EXPECT_EQ(schedule_factor(kind, 1.2, 0.1), 0) << kind;  // the last step of a wall-clock stage may come late
    EXPECT_EQ(schedule_factor(kind, 0.1, 0.1), 1) << kind;
    EXPECT_NEAR(schedule_factor(kind, 0.55, 0.1), 0.5, 1e-12) << kind;
    EXPECT_EQ(schedule_factor(kind, 0, 0), 1) << kind;
  }
}

TEST(Schedule, WarmsUpFromZero) {
  for (const std::string kind : {"linear", "cosine", "constant_with_warmup"}) {
    EXPECT_EQ(schedule_factor(kind, 0, 0.2), 0) << kind;
    EXPECT_NEAR(schedule_factor(kind, 0.05, 0.2), 0.25, 1e-12) << kind;
  }
  EXPECT_EQ(schedule_factor("constant", 0, 0.2), 1);
}

TEST(Schedule, ConstantsStay) {
  for (const double progress : {0.3, 0.9, 1.0}) {
    EXPECT_EQ(schedule_factor("constant", progress, 0.2), 1);
    EXPECT_EQ(schedule_factor("constant_with_warmup", progress, 0.2), 1);
  }
}

TEST(Schedule, WarmUpAllTheWay) {
  EXPECT_NEAR(schedule_factor("linear", 0.5, 1), 0.5, 1e-12);
  EXPECT_EQ(schedule_factor("linear", 1, 1), 0);
}

}  // namespace
}  // namespace strop
