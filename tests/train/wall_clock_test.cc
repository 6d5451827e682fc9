// Runs whose decisions follow from measurements: the clock, the memory; and their exact repetition.
#include <torch/types.h>

#include <atomic>

#include "core/clock.h"
#include "tiny_job.h"

namespace strop {
namespace {

// A clock that goes on by a millisecond each time that somebody looks at it.
class FakeClock {
 public:
  FakeClock() {
    set_clock([] { return 1e-3 * static_cast<double>(++looks_); });
  }
  ~FakeClock() { set_clock(nullptr); }

 private:
  static inline std::atomic<std::int64_t> looks_ = 0;
};

Options clock_options(const TinyJob& job, const std::string& out) {
  Options options = job.options("full", out);
  options.learning_rate = "2e-3";
  options.warmup_ratio = 0;
  options.dropout = 0.1;
  options.logging_steps = 10;
  return options;
}

// One stage of so many seconds.
Plan clock_plan(const TinyJob& job, const std::string& out, double seconds) {
  Plan plan = make_plan(clock_options(job, out));
  plan.stages.at(0).max_steps = 0;
  plan.stages.at(0).seconds = seconds;
  return plan;
}

std::vector<nlohmann::json> lines_with(const TinyJob& job, const std::string& run, const std::string& key) {
  auto lines = job.log(run);
  std::erase_if(lines, [&](const auto& line) { return !line.contains(key); });
  return lines;
}

template <typename T>
std::vector<T> column(const TinyJob& job, const std::string& run, const std::string& key) {
  std::vector<T> values;
  for (const auto& line : lines_with(job, run, "learning_rate")) values.push_back(line.at(key).get<T>());
  return values;
}

TEST(WallClock, DecaysToZeroAndEndsInTime) {
  const TinyJob job;
  const FakeClock clock;
  constexpr double kSeconds = 0.5;
  train(clock_plan(job, "run", kSeconds));
  const auto rates = column<double>(job, "run", "learning_rate"), times = column<double>(job, "run", "elapsed_time");
  ASSERT_GE(rates.size(), 50U);
  for (std::size_t i = 1; i < rates.size(); ++i) {
    // The rate of a step follows from the time at its beginning, evaluations and checkpoints included.
    EXPECT_LT(rates[i], rates[i - 1]) << i;
    EXPECT_GE(2e-3 * (1 - times[i - 1] / kSeconds), rates[i] - 1e-12) << i;
  }
  EXPECT_LT(rates.back(), 2e-3 * 0.02);
  EXPECT_GE(rates.back(), 0);
  EXPECT_GE(times.back(), kSeconds);
  EXPECT_LE(times.back(), kSeconds + 0.01);  // one step at most
  const auto evaluations = lines_with(job, "run", "eval_loss");
  ASSERT_GT(evaluations.size(), 2U);
  EXPECT_EQ(evaluations.back().at("current_steps"), static_cast<std::int64_t>(rates.size()));
}

TEST(WallClock, LogsEveryStep) {
  const TinyJob job;
  const FakeClock clock;
  train(clock_plan(job, "run", 0.2));
  const auto steps = column<std::int64_t>(job, "run", "current_steps");
  for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i], static_cast<std::int64_t>(i) + 1);
  for (const auto& line : lines_with(job, "run", "learning_rate")) {
    EXPECT_EQ(line.at("micro_batch"), 16);
    EXPECT_EQ(line.at("data_rate"), 1.0);
  }
}

TEST(Memory, MicroBatchesAreHalvedAsThePlanSays) {
  const TinyJob job;
  Plan plan = make_plan(clock_options(job, "free"));
  plan.options.dropout = 0;  // masks are drawn for each micro-batch
  train(plan);
  plan.options.memory = "64M";  // less than the process has: every step takes the next rung
  plan.options.out = job.path("limited").string();
  train(plan);
  const auto sizes = column<std::int64_t>(job, "limited", "micro_batch");
  ASSERT_GE(sizes.size(), 6U);
  EXPECT_EQ(std::vector<std::int64_t>(sizes.begin(), sizes.begin() + 6),
            (std::vector<std::int64_t>{16, 8, 4, 2, 1, 1}));
  EXPECT_NE(job.content("limited", "strop.log").find("8 samples at a time from now on"), std::string::npos);
  // The same batch, the same gradient.
  const auto free = lines_with(job, "free", "eval_loss"), limited = lines_with(job, "limited", "eval_loss");
  ASSERT_EQ(free.size(), limited.size());
  for (std::size_t i = 0; i < free.size(); ++i) {
    EXPECT_NEAR(free[i].at("eval_loss").get<double>(), limited[i].at("eval_loss").get<double>(), 1e-3) << i;
  }
  plan.fallbacks.clear();
  plan.options.out = job.path("without").string();
  train(plan);
  for (const auto size : column<std::int64_t>(job, "without", "micro_batch")) EXPECT_EQ(size, 16);
  EXPECT_EQ(job.weights("without"), job.weights("free"));
}

TEST(Memory, FewerTokensAtOnceGiveTheSameGradient) {
  const TinyJob job;
  Plan plan = make_plan(clock_options(job, "whole"));
  EXPECT_EQ(plan.micro_batch_tokens, 1024);
  plan.options.dropout = 0;
  train(plan);
  plan.micro_batch_tokens = 20;  // one to three rows
  plan.options.out = job.path("parts").string();
  train(plan);
  const auto whole = lines_with(job, "whole", "eval_loss"), parts = lines_with(job, "parts", "eval_loss");
  ASSERT_EQ(whole.size(), parts.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(whole[i].at("eval_loss").get<double>(), parts[i].at("eval_loss").get<double>(), 1e-3) << i;
  }
}

TEST(Memory, PlansBeginWithTheirMicroBatch) {
  const TinyJob job;
  Plan plan = make_plan(clock_options(job, "run"));
  EXPECT_EQ(plan.micro_batch, 16);
  plan.micro_batch = 5;
  plan.options.memory = "64G";
  train(plan);
  for (const auto size : column<std::int64_t>(job, "run", "micro_batch")) EXPECT_EQ(size, 5);
}

TEST(Predicted, StandsInThePlanAndBesideTheActual) {
  const TinyJob job;
  const auto plan = make_plan(clock_options(job, "run"));
  EXPECT_GT(plan.predicted.seconds, 0);
  EXPECT_GT(plan.predicted.peak_bytes, 50 << 20);
  train(plan);
  const auto results = job.json("run", "all_results.json");
  EXPECT_EQ(results.at("predicted_seconds"), plan.predicted.seconds);
  EXPECT_EQ(results.at("predicted_peak_bytes"), plan.predicted.peak_bytes);
  EXPECT_GT(results.at("actual_seconds"), 0);
  EXPECT_NE(job.content("run", "report.html").find("Predicted and actual"), std::string::npos);
}

TEST(Memory, RefusedBeforeAnythingIsWritten) {
  const TinyJob job;
  auto options = clock_options(job, "run");
  options.memory = "1M";
  try {
    train(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::budget);
    EXPECT_NE(std::string(error.what()).find("can't be met"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(job.path("run")));
}

}  // namespace
}  // namespace strop
