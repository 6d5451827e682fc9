// The limit on memory: kept by the plan, or refused with what could be done.
#include "planner/fit_memory.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "errors.h"
#include "planner/choose.h"
#include "planner/rows_at_once.h"
#include "tiny_facts.h"

namespace strop {
namespace {

std::int64_t peak_of(const Options& options) { return choose_plan(options, tiny_facts()).predicted.peak_bytes; }

Options limited(Options options, std::int64_t bytes) {
  options.memory = std::to_string(bytes);
  return options;
}

TEST(FitMemory, RoomEnoughChangesNothing) {
  const auto options = with_method("lora");
  const auto free = choose_plan(options, tiny_facts()),
             limit = choose_plan(limited(options, peak_of(options)), tiny_facts());
  EXPECT_EQ(limit.micro_batch, 32);
  EXPECT_EQ(limit.predicted, free.predicted);
  EXPECT_EQ(limit.reasons, free.reasons);
}

TEST(FitMemory, LowersTheMicroBatchAsFarAsNeeded) {
  const auto options = with_method("lora");
  const auto whole = peak_of(options);
  constexpr std::int64_t kSample = 4 * (2 * 400'000 + 4 * 10'000);
  for (const auto& [samples, expected] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{32, 32}, {31, 16}, {16, 16}, {9, 8}}) {
    const auto limit = whole - (32 - samples) * kSample + 1000;
    const auto plan = choose_plan(limited(options, limit), tiny_facts());
    EXPECT_EQ(plan.micro_batch, expected) << samples;
    EXPECT_LE(plan.predicted.peak_bytes, limit);
    EXPECT_EQ(plan.options.per_device_train_batch_size, 32);
    EXPECT_EQ(plan.reasons.count("micro_batch"), expected == 32 ? 0U : 1U);
  }
}

// 4 of 32 pictures of 197 tokens fill the cores; memory may ask for fewer, never for more.
TEST(FitMemory, PicturesOfManyTokensGoThroughAFewAtATime) {
  auto facts = tiny_facts();
  const auto options = with_method("lora");
  const auto whole = choose_plan(options, facts);
  facts.model.picture_tokens = 197;
  const auto few = choose_plan(options, facts);
  EXPECT_EQ(few.micro_batch, 4);
  EXPECT_LT(few.predicted.peak_bytes, whole.predicted.peak_bytes);
  EXPECT_EQ(few.reasons.count("micro_batch"), 1U);
  EXPECT_EQ(choose_plan(limited(options, whole.predicted.peak_bytes), facts).micro_batch, 4);
  EXPECT_EQ(choose_plan(limited(options, few.predicted.peak_bytes - 1), facts).micro_batch, 2);
  facts.model.picture_tokens = 1370;
  EXPECT_EQ(choose_plan(options, facts).micro_batch, 1);
}

TEST(FitMemory, PassesWithoutTrainingTakeAsFewPictures) {
  EXPECT_EQ(pictures_at_once(197), 4);
  EXPECT_EQ(pictures_at_once(1829), 1);
  EXPECT_EQ(pictures_at_once(0), kPicturesAtOnce);  // convolutions
  auto facts = tiny_facts();
  facts.pictures = true;
  const auto options = with_method("head");
  const auto whole = choose_plan(options, facts).predicted.peak_bytes;
  facts.model.picture_tokens = 197;
  EXPECT_LT(choose_plan(options, facts).predicted.peak_bytes, whole);
}

TEST(FitMemory, GivesTheCacheUpWhereItMay) {
  auto options = with_method("layerwise");
  options.top_k = 1;
  const auto whole = peak_of(options);
  const auto limit = whole - (100 << 20);  // the cache takes 160 MiB, a batch 80
  const auto plan = choose_plan(limited(options, limit), tiny_facts());
  EXPECT_EQ(plan.options.cache, "none");
  EXPECT_LE(plan.predicted.peak_bytes, limit);
  EXPECT_NE(plan.reasons.at("cache").find("over memory"), std::string::npos);
  options.cache = "ram";
  EXPECT_THROW(choose_plan(limited(options, limit), tiny_facts()), Error);
}

TEST(FitMemory, CacheBeyondItsLimitIsLeftOut) {
  auto options = with_method("layerwise");
  options.top_k = 1;
  options.cache_limit = "10M";
  EXPECT_EQ(choose_plan(options, tiny_facts()).options.cache, "none");
  options.cache_limit = "1G";
  EXPECT_EQ(choose_plan(options, tiny_facts()).options.cache, "ram");
}

std::string refusal(const Options& options) {
  return message_of(ErrorKind::budget, [&] { choose_plan(options, tiny_facts()); });
}

TEST(FitMemory, RefusesWithWhatFits) {
  auto options = with_method("head");
  options.cache = "none";
  const auto head = peak_of(options);
  const auto message = refusal(limited(with_method("full"), head + (10 << 20)));
  for (const auto* part : {"can't be met", "method=full is predicted to need", "even one sample at a time",
                           "what fits: ", "method=lora"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  EXPECT_EQ(message.find("fits: method=full"), std::string::npos) << message;
  const auto hopeless = refusal(limited(with_method("full"), 120 << 20));
  EXPECT_NE(hopeless.find("no method fits; method="), std::string::npos) << hopeless;
}

TEST(FitTime, StepsThatOutlastTheLimitAreRefused) {
  auto options = with_method("full");
  options.time = "1m";
  options.max_steps = 1000;  // of 4 s each
  const auto message = refusal(options);
  EXPECT_NE(message.find("1000 steps, evaluation and saving are predicted to take"), std::string::npos) << message;
  options.max_steps = 2;
  EXPECT_EQ(choose_plan(options, tiny_facts()).stages.at(0).max_steps, 2);
}

}  // namespace
}  // namespace strop
