// A run by the clock and under a limit on memory, repeated bit for bit.
#include "train/replay.h"

#include "errors.h"
#include "report/run_log.h"
#include "train/same_run.h"

namespace strop {
namespace {

Options replay_of(const TinyJob& job, const std::string& run, const std::string& out) {
  Options options;
  options.replay = job.path(run).string();
  options.out = job.path(out).string();
  options.quiet = true;
  return options;
}

Plan measured_plan(const TinyJob& job, const std::string& method) {
  Options options = job.options(method, "first");
  options.learning_rate = "2e-3";
  options.dropout = 0.1;
  options.ema = 0.8;
  options.infobatch = 0.4;
  options.lp_ft = true;
  options.gradual_unfreezing = true;
  Plan plan = make_plan(options);
  for (auto& stage : plan.stages) {
    if (stage.solver != "gradient") continue;
    stage.max_steps = 0;
    stage.epochs = 0;
    stage.seconds = 0.4;
  }
  return plan;
}

TEST(Replay, SameBits) {
  for (const std::string method : {"full", "layerwise"}) {
    const TinyJob job;
    Plan plan = measured_plan(job, method);
    plan.options.memory = "64M";  // below what the process has: the micro-batch falls as it runs
    train(plan);
    train(replay_of(job, "first", "second"));
    EXPECT_EQ(job.weights("second"), job.weights("first")) << method;
    EXPECT_EQ(story(job, "second"), story(job, "first")) << method;
    EXPECT_EQ(job.json("second", "all_results.json").at("eval_loss"),
              job.json("first", "all_results.json").at("eval_loss"));
    train(replay_of(job, "second", "third"));
    EXPECT_EQ(job.weights("third"), job.weights("first")) << method;
  }
}

TEST(Replay, ReadsWhatHappened) {
  const TinyJob job;
  train(measured_plan(job, "layerwise"));
  const Replay replay(job.path("first"));
  std::int64_t last = 0, ends = 0, evaluated = 0;
  for (const auto& line : job.log("first")) last = std::max(last, line.at("current_steps").get<std::int64_t>());
  for (std::int64_t step = 1; step <= last; ++step) {
    EXPECT_EQ(replay.at(step).micro_batch, 16);
    ends += replay.ends_stage(step) ? 1 : 0;
    evaluated += replay.evaluated(step) ? 1 : 0;
  }
  EXPECT_EQ(ends, 3);  // three encoder blocks; the closed form has no steps
  EXPECT_GE(evaluated, 3);
  EXPECT_TRUE(replay.ends_stage(last));
  EXPECT_THROW(replay.at(last + 1), Error);
  EXPECT_THROW(replay.at(0), Error);
}

// A detector's evaluations have no loss.
TEST(Replay, EvaluationsOfBoxesAreSeen) {
  const TempFolder folder;
  LogLine step;
  step.current_steps = 1;
  step.learning_rate = 0.1;
  step.micro_batch = 4;
  LogLine measured;
  measured.current_steps = 1;
  measured.eval_map = 0.5;
  std::ofstream(folder.path() / "trainer_log.jsonl") << to_json(step) + "\n" + to_json(measured) + "\n";
  EXPECT_TRUE(Replay(folder.path()).evaluated(1));
}

void expect_refused(const Options& options, const std::string& part) {
  expect_parts(message_of(ErrorKind::usage, [&] { train(options); }), {part});
}

TEST(Replay, RefusesWhatCanNotBeRepeated) {
  const TinyJob job;
  expect_refused(replay_of(job, "nowhere", "out"), "is no run folder");
  Options options = job.options("full", "sparse");
  options.logging_steps = 5;
  options.num_train_epochs = 2;
  train(options);
  expect_refused(replay_of(job, "sparse", "out"), "did not log every step");
  auto changed = replay_of(job, "sparse", "out");
  changed.seed = 7;
  expect_refused(changed, "beside it only out, quiet and json are taken");
  std::filesystem::remove(job.path("sparse") / "all_results.json");
  expect_refused(replay_of(job, "sparse", "out"), "is not finished");
}

}  // namespace
}  // namespace strop
