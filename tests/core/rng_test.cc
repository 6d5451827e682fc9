#include "core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace strop {
namespace {

TEST(Rng, TheSameKeyGivesTheSameNumbers) {
  Rng a(42, RngUse::order, {1, 2}), b(42, RngUse::order, {1, 2});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

// Plans and checkpoints rest on these: a changed value breaks the resume of every earlier run.
TEST(Rng, TheNumbersNeverChange) {
  EXPECT_EQ(mix64(0), 0xE220A8397B1DCDAFULL);  // SplitMix64 seeded with 0: its published first output
  Rng rng(42, RngUse::augment, {7});
  const std::vector<std::uint64_t> first = {rng.next(), rng.next()};
  EXPECT_EQ(first, (std::vector<std::uint64_t>{0xdabf40118315e238ULL, 0x3da0def5b6d82980ULL}));
}

TEST(Rng, EachPartOfTheKeyCounts) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const auto use : {RngUse::order, RngUse::subset, RngUse::block_cycle}) {
      firsts.insert(Rng(seed, use).next());
      for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
        firsts.insert(Rng(seed, use, {epoch}).next());
        for (std::uint64_t sample = 0; sample < 10; ++sample) firsts.insert(Rng(seed, use, {epoch, sample}).next());
      }
    }
  }
  EXPECT_EQ(firsts.size(), 10u * 3 * (1 + 10 + 100));
}

TEST(Rng, UniformNumbersAreRoughlyUniform) {
  constexpr int kDraws = 100000, kBins = 10;
  std::vector<int> bins(kBins);
  double sum = 0;
  Rng rng(1, RngUse::probe);
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
    ++bins[static_cast<std::size_t>(x * kBins)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  for (const int count : bins) EXPECT_NEAR(count, kDraws / kBins, 500);  // five standard deviations
}

// First draws of neighbouring keys, which is how samples use them.
TEST(Rng, NeighbouringKeysAreUncorrelated) {
  constexpr int kKeys = 100000;
  double sum = 0, product = 0, last = 0.5;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const double x = Rng(42, RngUse::augment, {0, i}).uniform() - 0.5;
    sum += x;
    product += x * last;
    last = x;
  }
  EXPECT_NEAR(sum / kKeys, 0, 0.005);
  EXPECT_NEAR(12 * product / kKeys, 0, 0.02);
}

TEST(Rng, BelowReachesEachValueAlike) {
  std::vector<int> counts(7);
  Rng rng(3, RngUse::balance);
  for (int i = 0; i < 70000; ++i) ++counts[rng.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Rng, NormalNumbersHaveMeanZeroAndVarianceOne) {
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0;
  Rng rng(5, RngUse::init);
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.03);
}

TEST(Rng, ShufflesAreFairPermutations) {
  std::vector<int> at_front(5);
  for (std::uint64_t i = 0; i < 50000; ++i) {
    std::vector<int> items(5);
    std::iota(items.begin(), items.end(), 0);
    Rng(9, RngUse::order, {i}).shuffle(items);
    ++at_front[static_cast<std::size_t>(items[0])];
    std::sort(items.begin(), items.end());
    ASSERT_EQ(items, (std::vector<int>{0, 1, 2, 3, 4}));
  }
  for (const int count : at_front) EXPECT_NEAR(count, 10000, 500);
  std::vector<int> none;
  Rng(9, RngUse::order).shuffle(none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace strop
