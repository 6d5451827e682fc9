// The real program stopped from outside, at any moment, and gone on with: the bits of the run that was not. And a run
// that stops itself.
#include <cstdlib>
#include <thread>

#include "core/clock.h"
#include "core/rng.h"
#include "program.h"
#include "train/same_run.h"

namespace strop {
namespace {

// State of every kind between steps: InfoBatch, EMA, periods, best weights, dropout, means in the log.
const Words kEverything = {"learning_rate=1e-2",        "infobatch=0.4",       "ema=0.8",
                           "update_period=1,2",         "dropout=0.1",         "save_steps=3",
                           "logging_steps=2",           "num_train_epochs=40", "early_stopping_patience=200",
                           "metric_for_best_model=loss"};

int times_to_kill() {
  const char* given = std::getenv("STROP_KILLS");
  return given != nullptr ? std::max(1, std::atoi(given)) : 4;
}

// Begins or goes on, and is killed after `seconds`. True where it was not through by then.
bool kill_after(const TinyJob& job, const std::string& run, double seconds) {
  Program program(job, begin_or_resume_words(job, run, kEverything));
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  program.send(SIGKILL);
  const auto ended = program.finish();
  EXPECT_TRUE(ended.code == -SIGKILL || ended.code == 0) << ended.err;
  return ended.code == -SIGKILL;
}

// STROP_KILLS=20 kills as often as the project promises to bear.
TEST(Killed, AtRandomMomentsAndResumedItGivesTheSameBits) {
  const TinyJob job;
  const Stopwatch watch;
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", kEverything)).code, 0);
  const double whole = watch.seconds();
  const int times = times_to_kill();
  Rng rng(7, RngUse::probe);
  int killed = 0;
  for (int i = 0; i < times; ++i) {
    const auto run = fmt::format("killed-{}", i);
    const auto finished = [&] { return std::filesystem::exists(job.path(run) / "report.html"); };
    // The second run is a resumed one, killed in its turn.
    for (int round = 0; round < 2 && !finished(); ++round)
      killed += kill_after(job, run, rng.uniform() * whole) ? 1 : 0;
    if (!finished()) {
      const auto rest = run_program_on(job, begin_or_resume_words(job, run, kEverything));
      ASSERT_EQ(rest.code, 0) << rest.err;
    }
    expect_same_run(job, run, "whole", run);
    std::filesystem::remove_all(job.path(run));
  }
  EXPECT_GE(killed, times / 2);
}

TEST(Stopped, ByCtrlCOrSigtermItSavesSaysHowToGoOnAndGivesTheSameBits) {
  const TinyJob job;
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", kEverything)).code, 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto run = fmt::format("stopped-{}", signal);
    Program program(job, train_words(job, run, kEverything));
    while (!program.ended() && !std::filesystem::exists(job.path(run) / "checkpoint-3"))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    program.send(signal);
    const auto ended = program.finish();
    const auto folder = job.path(run).string();
    expect_failure(ended, ErrorKind::interrupted,
                   {"interrupted at step", "go on with: strop train --resume --out " + folder});
    expect_nothing_half_written(job.path(run));
    EXPECT_FALSE(std::filesystem::exists(job.path(run) / "all_results.json"));
    // Its results are not there yet: who asks for them is told how to get them.
    const auto early =
        run_program_on(job, {"predict", "--model", folder, "--data", (job.path("data") / "validation.csv").string()});
    EXPECT_EQ(early.code, static_cast<int>(ErrorKind::model)) << early.err;
    const auto rest = run_program_on(job, resume_words(job, run));
    ASSERT_EQ(rest.code, 0) << rest.err;
    expect_same_run(job, run, "whole", run);
  }
}

TEST(NotANumber, StopsTheRunAndKeepsWhatWasSaved) {
  const TinyJob job;
  const auto run = run_program_on(
      job, train_words(job, "run", {"--method", "full", "learning_rate=1e20", "max_grad_norm=0", "save_steps=1"}));
  expect_failure(run, ErrorKind::usage,
                 {"the loss is ", "at step ", "learning rate", "expected a finite number", "Lower learning_rate",
                  job.path("run").string() + "/checkpoint-"});
  expect_nothing_half_written(job.path("run"));
  EXPECT_FALSE(std::filesystem::exists(job.path("run") / "model.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(job.path("run") / "all_results.json"));
  EXPECT_TRUE(std::filesystem::exists(job.path("run") / "checkpoint-1"));
}

}  // namespace
}  // namespace strop
