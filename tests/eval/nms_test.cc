#include "eval/nms.h"

#include <gtest/gtest.h>

#include <limits>

namespace strop {
namespace {

std::vector<double> scores_of(const std::vector<FoundBox>& boxes) {
  std::vector<double> scores;
  for (const auto& box : boxes) scores.push_back(box.score);
  return scores;
}

using Scores = std::vector<double>;

TEST(NonMaximumSuppression, KeepsTheBestOfThoseThatOverlap) {
  const std::vector<FoundBox> boxes = {{{1, 0, 10, 10}, 0, 0.6}, {{0, 0, 10, 10}, 0, 0.9}, {{50, 0, 10, 10}, 0, 0.3}};
  EXPECT_EQ(scores_of(non_maximum_suppression(boxes, 0.5, 10)), (Scores{0.9, 0.3}));
}

TEST(NonMaximumSuppression, ClassesDoNotHideEachOther) {
  const std::vector<FoundBox> boxes = {{{0, 0, 10, 10}, 0, 0.6}, {{0, 0, 10, 10}, 1, 0.9}};
  EXPECT_EQ(scores_of(non_maximum_suppression(boxes, 0.5, 10)), (Scores{0.9, 0.6}));
}

TEST(NonMaximumSuppression, OnlyMoreThanTheThresholdHides) {
  const std::vector<FoundBox> boxes = {{{0, 0, 10, 10}, 0, 0.9}, {{0, 0, 10, 5}, 0, 0.8}};  // half of it exactly
  EXPECT_EQ(non_maximum_suppression(boxes, 0.5, 10).size(), 2U);
  EXPECT_EQ(non_maximum_suppression(boxes, 0.49, 10).size(), 1U);
}

TEST(NonMaximumSuppression, AHiddenBoxHidesNothing) {
  // Each overlaps its neighbour by 2/3, the outer two by 3/7.
  const std::vector<FoundBox> boxes = {{{0, 0, 10, 10}, 0, 0.9}, {{2, 0, 10, 10}, 0, 0.8}, {{4, 0, 10, 10}, 0, 0.7}};
  EXPECT_EQ(scores_of(non_maximum_suppression(boxes, 0.5, 10)), (Scores{0.9, 0.7}));
}

TEST(NonMaximumSuppression, OfEqualScoresTheEarlier) {
  const std::vector<FoundBox> boxes = {{{1, 0, 10, 10}, 0, 0.5}, {{0, 0, 10, 10}, 0, 0.5}};
  const auto kept = non_maximum_suppression(boxes, 0.5, 10);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].rect.x, 1);
}

TEST(NonMaximumSuppression, KeepsNoMoreThanAsked) {
  std::vector<FoundBox> boxes;
  for (int i = 0; i < 10; ++i) boxes.push_back({{20.0 * i, 0, 10, 10}, i % 2, 0.05 * (i + 1)});
  EXPECT_EQ(scores_of(non_maximum_suppression(boxes, 0.5, 2)), (Scores{0.05 * 10, 0.05 * 9}));
  EXPECT_TRUE(non_maximum_suppression(boxes, 0.5, 0).empty());
  EXPECT_TRUE(non_maximum_suppression({}, 0.5, 10).empty());
}

TEST(NonMaximumSuppression, ScoresThatAreNoNumbersAreDropped) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::vector<FoundBox> boxes = {
      {{0, 0, 10, 10}, 0, none}, {{0, 0, 10, 10}, 0, 0.2}, {{40, 0, 10, 10}, 0, none}, {{60, 0, 9, 9}, 0, 0.4}};
  EXPECT_EQ(scores_of(non_maximum_suppression(boxes, 0.5, 10)), (Scores{0.4, 0.2}));
}

}  // namespace
}  // namespace strop
