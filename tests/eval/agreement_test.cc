#include "eval/agreement.h"

#include <gtest/gtest.h>

#include <array>

namespace strop {
namespace {

constexpr std::array<std::int32_t, 2> kOld = {0, 1};

TEST(Agreement, OfTheSameAnswersIsWhole) {
  // Two alike at the same place, one cut to nothing, one of a class that does not count.
  const std::vector<std::vector<FoundBox>> found = {
      {{{0, 0, 10, 10}, 0, 0.9}, {{1, 0, 10, 10}, 0, 0.8}, {{40, 3, 0, 5}, 1, 0.2}, {{0, 0, 10, 10}, 2, 0.7}},
      {},
      {{{5, 5, 5, 5}, 1, 0.5}}};
  EXPECT_EQ(detection_agreement(found, found, kOld), (Agreement{4, 4, 4, 0}));
  EXPECT_EQ(detection_agreement(found, found, kOld).share(), 1);
  auto other = found;
  other[0].pop_back();
  EXPECT_EQ(detection_agreement(found, other, kOld), detection_agreement(found, found, kOld))
      << "what else was found says nothing";
}

TEST(Agreement, CountsBoxesThatMovedChangedAndWent) {
  const std::vector<std::vector<FoundBox>> before = {
      {{{0, 0, 10, 10}, 0, 0.9}, {{20, 0, 10, 10}, 0, 0.6}, {{40, 0, 10, 10}, 1, 0.5}, {{60, 0, 10, 10}, 1, 0.25}}};
  const std::vector<std::vector<FoundBox>> after = {{
      {{1, 0, 10, 10}, 0, 0.65},    // moved a little (IoU 9/11), score less by 0.25
      {{26, 0, 10, 10}, 0, 0.6},    // too far (IoU 4/16)
      {{40, 0, 10, 10}, 0, 0.5},    // of another class
      {{60, 0, 10, 10}, 1, 0.375},  // score more by 0.125
      {{80, 0, 10, 10}, 1, 0.1},    // not there before
  }};
  const auto agreement = detection_agreement(before, after, kOld);
  EXPECT_EQ(agreement.before, 4);
  EXPECT_EQ(agreement.after, 5);
  EXPECT_EQ(agreement.matched, 2);
  EXPECT_DOUBLE_EQ(agreement.score_change, 0.1875);
  EXPECT_DOUBLE_EQ(agreement.share(), 4.0 / 9);
}

// The better score chooses first, and takes what it overlaps most; one box answers for one.
TEST(Agreement, IsGreedyByScore) {
  const std::vector<std::vector<FoundBox>> before = {{{{0, 0, 10, 10}, 0, 0.5}, {{3, 0, 10, 10}, 0, 0.4}}};
  const std::vector<std::vector<FoundBox>> after = {
      {{{2, 0, 10, 10}, 0, 0.3}, {{3, 0, 10, 10}, 0, 0.8}, {{3, 0, 10, 10}, 0, 0.1}}};
  const auto agreement = detection_agreement(before, after, kOld);
  EXPECT_EQ(agreement.matched, 2);
  EXPECT_DOUBLE_EQ(agreement.score_change, (0.4 + 0.2) / 2);
}

TEST(Agreement, WithoutBoxesHasNone) {
  std::vector<std::vector<FoundBox>> none(2), one(2);
  one[0].push_back({{0, 0, 1, 1}, 0, 1});
  EXPECT_EQ(detection_agreement(none, none, kOld), Agreement{});
  EXPECT_EQ(detection_agreement(one, none, kOld).share(), 0);
}

}  // namespace
}  // namespace strop
