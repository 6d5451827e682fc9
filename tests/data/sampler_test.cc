#include "data/sampler.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "errors.h"

namespace strop {
namespace {

std::vector<std::int64_t> lengths_for(std::size_t n) {
  std::vector<std::int64_t> lengths(n);
  for (std::size_t i = 0; i < n; ++i) lengths[i] = static_cast<std::int64_t>(1 + mix64(i) % 60);
  return lengths;
}

std::vector<std::int32_t> labels_for(std::size_t n) {
  std::vector<std::int32_t> labels(n);
  for (std::size_t i = 0; i < n; ++i) labels[i] = i % 10 == 0;
  return labels;
}

Indices sorted(Indices order) {
  std::sort(order.begin(), order.end());
  return order;
}

Indices all_of(std::size_t n) {
  Indices all(n);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return all;
}

// The samples of an epoch, in the order of its batches.
Indices order_of(const Sampler& sampler, std::int64_t epoch) {
  Indices order;
  for (const auto& batch : sampler.epoch_batches(epoch)) {
    order.insert(order.end(), batch.samples.begin(), batch.samples.end());
  }
  return order;
}

std::int64_t padded_tokens(const std::vector<Batch>& batches, const std::vector<std::int64_t>& lengths) {
  std::int64_t tokens = 0;
  for (const auto& batch : batches) {
    std::int64_t longest = 0;
    for (const auto i : batch.samples) longest = std::max(longest, lengths[static_cast<std::size_t>(i)]);
    tokens += longest * static_cast<std::int64_t>(batch.samples.size());
  }
  return tokens;
}

TEST(Batches, EndAtCount) {
  EXPECT_EQ(make_batches(all_of(7), 3), (std::vector<Indices>{{0, 1, 2}, {3, 4, 5}, {6}}));
  EXPECT_TRUE(make_batches({}, 3).empty());
}

TEST(Batches, OfLikeLengthCostFewTokensAndPeakEarly) {
  const std::size_t n = 6920;
  const auto lengths = lengths_for(n);
  SamplerConfig config;
  const Sampler random(config, labels_for(n), lengths);
  config.strategy = "group_by_length";
  const Sampler grouped(config, labels_for(n), lengths);
  const auto batches = grouped.epoch_batches(0);
  EXPECT_EQ(sorted(order_of(grouped, 0)), all_of(n));
  const auto real = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  EXPECT_LT(padded_tokens(batches, lengths), real * 105 / 100);
  EXPECT_GT(padded_tokens(random.epoch_batches(0), lengths), real * 180 / 100);
  std::int64_t second = padded_tokens({batches[1]}, lengths);
  for (const auto& batch : batches) EXPECT_LE(padded_tokens({batch}, lengths), second);
  // No drift of length over the epoch beyond that batch.
  const auto half = batches.begin() + static_cast<std::ptrdiff_t>(batches.size() / 2);
  const double before = static_cast<double>(padded_tokens({batches.begin(), half}, lengths));
  const double after = static_cast<double>(padded_tokens({half, batches.end()}, lengths));
  EXPECT_NEAR(before / after, 1, 0.25);
}

TEST(Sampler, EveryStrategyIsAFunctionOfSeedAndEpoch) {
  for (const std::string strategy : {"random", "group_by_length", "balanced"}) {
    for (const std::string resample : {"fixed", "epoch"}) {
      SamplerConfig config;
      config.strategy = strategy;
      config.resample = resample;
      config.data_fraction = 0.5;
      const Sampler one(config, labels_for(500), lengths_for(500)), two(config, labels_for(500), lengths_for(500));
      EXPECT_EQ(order_of(one, 3), order_of(two, 3));
      EXPECT_NE(order_of(one, 3), order_of(one, 4));
      EXPECT_EQ(order_of(one, 1).size(), 250U);
      EXPECT_EQ(one.samples_per_epoch(), 250);
      config.seed = 43;
      EXPECT_NE(order_of(Sampler(config, labels_for(500), lengths_for(500)), 3), order_of(one, 3));
    }
  }
}

TEST(Sampler, FixedSubsetStaysAndFreshOneChanges) {
  SamplerConfig config;
  config.data_fraction = 0.5;
  const Sampler fixed(config, labels_for(100));
  EXPECT_EQ(sorted(order_of(fixed, 0)), sorted(order_of(fixed, 1)));
  config.resample = "epoch";
  const Sampler fresh(config, labels_for(100));
  Indices both = order_of(fresh, 0);
  const Indices second = order_of(fresh, 1);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(sorted(both), all_of(100));
}

TEST(Sampler, BalancedDrawsClassesEvenly) {
  SamplerConfig config;
  config.strategy = "balanced";
  const auto labels = labels_for(1000);  // 100 of class 1
  const Sampler sampler(config, labels);
  std::map<std::int64_t, int> times;
  for (const auto i : order_of(sampler, 0)) ++times[i];
  int rare = 0;
  for (const auto& [sample, count] : times) {
    const bool is_rare = labels[static_cast<std::size_t>(sample)] == 1;
    rare += is_rare ? count : 0;
    EXPECT_EQ(count, is_rare ? 5 : 1);
  }
  EXPECT_EQ(rare, 500);
}

// Rows that turned out to be unreadable have no class.
TEST(Sampler, BalancedLeavesOutWhatHasNoLabel) {
  const auto drawn = balanced_draw({0, 1, 2, 3, 4}, {0, -1, 1, 0, 0}, Rng(1, RngUse::balance));
  EXPECT_EQ(drawn.size(), 4U);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 1), 0);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 2), 2);
}

TEST(Sampler, ClassWeights) {
  EXPECT_EQ(balanced_class_weights({0, 0, 0, 1}, 2), (std::vector<double>{4.0 / 6, 2}));
  EXPECT_EQ(balanced_class_weights({0, 0}, 2), (std::vector<double>{0.5, 0}));
}

TEST(Sampler, BadValuesAreNamed) {
  const auto refused = [](auto change) {
    SamplerConfig config;
    change(config);
    return message_of(ErrorKind::usage, [&] { Sampler(config, {0, 1}); });
  };
  expect_parts(refused([](auto& c) { c.strategy = "ballanced"; }),
               {"train_sampling_strategy", "did you mean balanced?"});
  expect_parts(refused([](auto& c) { c.resample = "never"; }), {"resample", "never"});
  expect_parts(refused([](auto& c) { c.data_fraction = 0; }), {"data_fraction", "0"});
  expect_parts(refused([](auto& c) { c.infobatch = 1; }), {"infobatch", "1"});
  expect_parts(refused([](auto& c) { c.batch_size = 0; }), {"per_device_train_batch_size"});
}

class InfoBatchSampler : public testing::Test {
 protected:
  InfoBatchSampler() {
    config_.infobatch = 0.5;
    config_.epochs = 8;
  }
  // Samples below 60 are easy (loss 0.1), the others hard (1.0): the mean lies between.
  static void record_epoch(Sampler& sampler, const Indices& order) {
    for (const auto i : order) sampler.record(i, i < 60 ? 0.1F : 1.0F);
  }
  SamplerConfig config_;
};

TEST_F(InfoBatchSampler, LeavesOutHalfOfTheEasyAndReweighsTheRest) {
  Sampler sampler(config_, labels_for(100));
  sampler.begin_epoch(0);
  EXPECT_EQ(sorted(order_of(sampler, 0)), all_of(100));  // all scores are 3.0: none below the mean
  record_epoch(sampler, order_of(sampler, 0));
  EXPECT_EQ(order_of(sampler, 1).size(), 100U);  // not before the epoch has begun
  sampler.begin_epoch(1);
  double weight = 0;
  std::set<std::int64_t> used;
  for (const auto& batch : sampler.epoch_batches(1)) {
    for (std::size_t i = 0; i < batch.samples.size(); ++i) {
      EXPECT_EQ(batch.weights[i], batch.samples[i] < 60 ? 2.0F : 1.0F);
      weight += batch.weights[i];
      used.insert(batch.samples[i]);
    }
  }
  EXPECT_EQ(used.size(), 70U);
  EXPECT_EQ(weight, 100);  // the expected gradient is that of all samples
  EXPECT_NE(sorted(order_of(sampler, 1)), sorted(order_of(sampler, 2)));
}

TEST_F(InfoBatchSampler, LastEpochsUseAll) {
  Sampler sampler(config_, labels_for(100));
  record_epoch(sampler, all_of(100));
  sampler.begin_epoch(6);
  EXPECT_EQ(order_of(sampler, 6).size(), 70U);
  for (const auto& batch : sampler.epoch_batches(7)) {
    for (const auto weight : batch.weights) EXPECT_EQ(weight, 1.0F);
  }
  EXPECT_EQ(order_of(sampler, 7).size(), 100U);
}

// Rounded up, the last eighth of three epochs would be the whole third, and one epoch alone would be pruned.
TEST_F(InfoBatchSampler, AShortRunIsPrunedToItsEnd) {
  config_.epochs = 3;
  Sampler sampler(config_, labels_for(100));
  record_epoch(sampler, all_of(100));
  sampler.begin_epoch(2);
  EXPECT_EQ(order_of(sampler, 2).size(), 70U);
}

TEST_F(InfoBatchSampler, ResumesWithinAnEpoch) {
  Sampler sampler(config_, labels_for(100));
  record_epoch(sampler, all_of(100));
  sampler.begin_epoch(1);
  const Indices order = order_of(sampler, 1);
  for (std::size_t i = 0; i < 20; ++i) sampler.record(order[i], 0.5F);
  Sampler resumed(config_, labels_for(100));
  resumed.restore(sampler.state());
  EXPECT_EQ(order_of(resumed, 1), order);
  for (std::size_t i = 20; i < order.size(); ++i) sampler.record(order[i], 0.7F), resumed.record(order[i], 0.7F);
  sampler.begin_epoch(2), resumed.begin_epoch(2);
  EXPECT_EQ(order_of(resumed, 2), order_of(sampler, 2));
  EXPECT_EQ(resumed.state(), sampler.state());
  EXPECT_THROW(Sampler(config_, labels_for(50)).restore(sampler.state()), std::invalid_argument);
}

TEST_F(InfoBatchSampler, ALossThatIsNoNumberIsIgnored) {
  Sampler sampler(config_, labels_for(100));
  record_epoch(sampler, all_of(100));
  sampler.record(3, std::numeric_limits<float>::quiet_NaN());
  sampler.begin_epoch(1);
  EXPECT_EQ(order_of(sampler, 1).size(), 70U);
}

TEST_F(InfoBatchSampler, WorksOnASubset) {
  config_.data_fraction = 0.5;
  Sampler sampler(config_, labels_for(100));
  const Indices subset = sorted(order_of(sampler, 0));
  EXPECT_EQ(subset.size(), 50U);
  record_epoch(sampler, subset);
  sampler.begin_epoch(1);
  const auto easy = std::count_if(subset.begin(), subset.end(), [](auto i) { return i < 60; });
  const Indices chosen = sorted(order_of(sampler, 1));
  EXPECT_EQ(static_cast<std::int64_t>(chosen.size()), 50 - (easy + 1) / 2);
  EXPECT_TRUE(std::includes(subset.begin(), subset.end(), chosen.begin(), chosen.end()));
}

}  // namespace
}  // namespace strop
