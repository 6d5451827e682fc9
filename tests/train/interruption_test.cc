// Runs that are stopped by a signal and resumed give the bits of the run that was not. Every job is a child process, so
// that it can be killed; this program starts no threads of its own before it forks.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "core/clock.h"
#include "core/interrupt.h"
#include "train/box_scenes.h"
#include "train/same_run.h"

namespace strop {
namespace {

::pid_t start(const Options& options) {
  const auto child = ::fork();
  if (child != 0) return child;
  catch_interrupts();
  try {
    train(options);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) std::fprintf(stderr, "%s\n", error.what());
    ::_exit(error.exit_code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

// The exit code, or minus the signal that ended it.
int finish(::pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void resume(const TinyJob& job, Options options, const std::string& run) {
  options.out = job.path(run).string();
  // A run that was killed before it wrote its plan begins anew by the same command.
  if (std::filesystem::exists(job.path(run) / "plan.yaml")) options.resume = options.out;
  ASSERT_EQ(finish(start(options)), 0) << run;
}

// All that has a state of its own: InfoBatch, EMA, periods, best weights, dropout, warm-up.
Options everything(const TinyJob& job) {
  Options options = job.options("lora", "whole");
  options.learning_rate = "1e-2";
  options.infobatch = 0.4;
  options.ema = 0.8;
  options.update_period = {1, 2};
  options.dropout = 0.1;
  options.save_steps = 3;
  options.early_stopping_patience = 50;
  options.metric_for_best_model = "loss";
  options.logging_steps = 2;  // its lines are means, some of them over steps on both sides of a checkpoint
  return options;
}

// Several stages, the first of them solved; cycles; a cached prefix that moves.
Options stages(const TinyJob& job) {
  Options options = job.options("layerwise", "whole");
  options.lp_ft = true;
  options.gradual_unfreezing = true;
  options.learning_rate = "3e-3";
  options.block_cycle = 1;
  options.block_cycle_steps = 2;
  options.save_steps = 2;
  options.dropout = 0.1;
  return options;
}

void kill_at_random_moments(const TinyJob& job, const Options& options, int times, std::uint64_t seed) {
  const Stopwatch watch;
  ASSERT_EQ(finish(start(options)), 0);
  const double whole = watch.seconds();
  Rng rng(seed, RngUse::probe);
  int killed = 0;
  for (int i = 0; i < times; ++i) {
    const auto run = "killed-" + std::to_string(i);
    Options own = options;
    own.out = job.path(run).string();
    const double moment = rng.uniform() * whole;
    const auto child = start(own);
    std::this_thread::sleep_for(std::chrono::duration<double>(moment));
    ::kill(child, SIGKILL);
    const int code = finish(child);
    if (code == 0) continue;  // it was faster this time
    ++killed;
    ASSERT_EQ(code, -SIGKILL);
    const auto what = fmt::format("killed after {:.3f} of {:.3f} s", moment, whole);
    if (!std::filesystem::exists(job.path(run) / "report.html")) resume(job, options, run);
    expect_same_run(job, run, "whole", what);
    std::filesystem::remove_all(job.path(run));
  }
  EXPECT_GE(killed, times / 2);
}

TEST(Interruption, KilledAtTenMomentsWithEveryLever) {
  const TinyJob job;
  kill_at_random_moments(job, everything(job), 10, 1);
}

TEST(Interruption, KilledAtTenMomentsBetweenStages) {
  const TinyJob job;
  kill_at_random_moments(job, stages(job), 10, 2);
}

// Waits until the log has `lines` lines, then sends the signal.
int stop_at(const TinyJob& job, const Options& options, const std::string& run, std::size_t lines, int signal) {
  const auto child = start(options);
  const auto file = job.path(run) / "trainer_log.jsonl";
  for (const Stopwatch watch; watch.seconds() < 30; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    std::ifstream in(file);
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    if (count >= lines) break;
  }
  ::kill(child, signal);
  return finish(child);
}

TEST(Interruption, CtrlCAndSigtermSaveAndLeave) {
  const TinyJob job;
  Options options = everything(job);
  options.num_train_epochs = 20;
  options.save_steps = 0;
  options.eval_strategy = "no";
  ASSERT_EQ(finish(start(options)), 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto run = "stopped-" + std::to_string(signal);
    Options own = options;
    own.out = job.path(run).string();
    ASSERT_EQ(stop_at(job, own, run, 5, signal), 130);
    bool saved = false;
    for (const auto& entry : std::filesystem::directory_iterator(job.path(run))) {
      saved = saved || entry.path().filename().string().starts_with("checkpoint-");
    }
    EXPECT_TRUE(saved);
    EXPECT_FALSE(std::filesystem::exists(job.path(run) / "all_results.json"));
    resume(job, options, run);
    expect_same_run(job, run, "whole", run);
  }
}

// A detector whose inputs change their size every ten steps, in the middle of epochs, and are changed at random;
// its batch norms learn their statistics.
TEST(Interruption, StoppedWhileSizesChange) {
  const TinyJob job;
  for (const auto& [split, count] : {std::pair{"train", 12}, {"validation", 4}}) {
    write_scenes(job.path("scenes"), split, static_cast<std::uint64_t>(count), {"red", "green"});
  }
  Options options = job.options("full", "whole");
  options.model = tiny_detector().string();
  options.data = job.path("scenes").string();
  options.image_size = 64;
  options.per_device_train_batch_size = 4;
  options.max_steps = 45;
  options.augment = {"medium", "crop", "copy"};
  options.multi_scale = 0.5;
  options.freeze_bn = false;
  options.eval_strategy = "no";
  ASSERT_EQ(finish(start(options)), 0);
  const auto notes = job.json("whole", "strop.json").at("data_notes").dump();
  ASSERT_NE(notes.find("sides of 32, 64, 96"), std::string::npos) << notes;
  for (const std::size_t lines : {4U, 13U, 27U}) {
    const auto run = "stopped-" + std::to_string(lines);
    Options own = options;
    own.out = job.path(run).string();
    ASSERT_EQ(stop_at(job, own, run, lines, SIGINT), 130);
    resume(job, options, run);
    expect_same_run(job, run, "whole", run);
  }
}

TEST(Interruption, NewestUnfinishedRunIsFound) {
  const TinyJob job;
  Options options = everything(job);
  options.num_train_epochs = 20;
  options.out = job.path("runs/one").string();
  ASSERT_EQ(stop_at(job, options, "runs/one", 5, SIGINT), 130);
  options.out = job.path("runs").string();
  options.resume = "newest";
  EXPECT_EQ(finish(start(options)), 0);
  EXPECT_TRUE(std::filesystem::exists(job.path("runs/one") / "all_results.json"));
}

}  // namespace
}  // namespace strop
