#include "data/stratify.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "data/subset.h"

namespace strop {
namespace {

using Counts = std::vector<std::int64_t>;

TEST(Quota, AddsUpAndLeavesNoClassOut) {
  EXPECT_EQ(stratified_quota({90, 10}, 20), (Counts{18, 2}));
  EXPECT_EQ(stratified_quota({1000, 1, 1}, 10), (Counts{8, 1, 1}));
  EXPECT_EQ(stratified_quota({5, 5, 5}, 2).size(), 3U);
  EXPECT_EQ(stratified_quota({3, 0, 4}, 100), (Counts{3, 0, 4}));
  for (std::int64_t total = 0; total <= 60; ++total) {
    const Counts counts = {31, 17, 9, 2, 1}, quota = stratified_quota(counts, total);
    EXPECT_EQ(std::accumulate(quota.begin(), quota.end(), std::int64_t{0}), total);
    for (std::size_t c = 0; c < counts.size(); ++c) EXPECT_LE(quota[c], counts[c]);
  }
}

TEST(Subset, ByClassAndByGroup) {
  std::vector<std::int32_t> labels;
  std::vector<std::int64_t> groups;
  for (int i = 0; i < 100; ++i) labels.push_back(i % 4 == 0), groups.push_back(i / 8);  // groups of mixed labels
  const auto rows = stratified_subset(labels, {15, 5}, Rng(1, RngUse::subset));
  std::vector<std::int32_t> chosen;
  for (const auto row : rows) chosen.push_back(labels[static_cast<std::size_t>(row)]);
  EXPECT_EQ(count_classes(chosen, 2), (Counts{15, 5}));
  EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), 20U);
  EXPECT_TRUE(stratified_group_subset(labels, groups, {50, 20}, Rng(1, RngUse::split)).empty());
}

TEST(Subset, FirstOfEachClassReachesTheLastOfSortedRows) {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 90; ++i) labels.push_back(i / 30);
  EXPECT_EQ(first_of_each_class(labels, 3, 9), (Counts{0, 1, 2, 30, 31, 32, 60, 61, 62}));
  EXPECT_EQ(first_of_each_class(labels, 3, 2), (Counts{0, 30, 60}));
  EXPECT_EQ(first_of_each_class(labels, 3, 90).size(), 90U);
}

TEST(Subset, FixedKeepsTheShares) {
  std::vector<std::int32_t> labels(1000);
  for (std::size_t i = 0; i < 100; ++i) labels[i * 10] = 1;
  const auto rows = fixed_subset(labels, 0.25, 3);
  EXPECT_EQ(rows.size(), 250U);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](auto row) { return row % 10 == 0; }), 25);
  EXPECT_EQ(rows, fixed_subset(labels, 0.25, 3));
  EXPECT_NE(rows, fixed_subset(labels, 0.25, 4));
}

// No sample twice in an epoch, and none again before all were seen, wherever epochs end within a pass.
TEST(Subset, FreshOnesGoRoundAllSamples) {
  for (const std::size_t n : {1U, 7U, 10U, 101U}) {
    for (std::int64_t size = 1; size <= static_cast<std::int64_t>(n); size += n > 50 ? 13 : 1) {
      std::vector<std::int64_t> seen(n);
      for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
        const auto rows = fresh_subset(n, size, epoch, 5);
        ASSERT_EQ(rows.size(), static_cast<std::size_t>(size));
        EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), rows.size());
        for (const auto row : rows) ++seen[static_cast<std::size_t>(row)];
        const auto [least, most] = std::minmax_element(seen.begin(), seen.end());
        EXPECT_LE(*most - *least, 1) << n << " samples, " << size << " an epoch, epoch " << epoch;
      }
    }
  }
  EXPECT_NE(fresh_subset(100, 30, 0, 1), fresh_subset(100, 30, 0, 2));
}

}  // namespace
}  // namespace strop
