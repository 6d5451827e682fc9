#include "train/replay.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "report/run_log.h"

namespace strop {
namespace fs = std::filesystem;

Replay::Replay(const fs::path& run_folder) : file_(run_folder / "trainer_log.jsonl") {
  for (const auto& line : read_log_lines(file_)) {
    // Detectors have no loss there.
    if (std::isfinite(line.eval_loss) || std::isfinite(line.eval_map))
      evaluations_.insert({line.current_steps, line.stage});
    if (!std::isfinite(line.learning_rate)) continue;
    if (line.current_steps != static_cast<std::int64_t>(steps_.size()) + 1 || line.micro_batch < 1) {
      fail(ErrorKind::usage,
           "replay: {}: expected step {}, found step {}: this run did not log every step. Runs with --time or "
           "--memory do; others repeat bit for bit by their plan.yaml",
           file_.string(), steps_.size() + 1, line.current_steps);
    }
    steps_.push_back({line.stage, line.learning_rate, line.data_rate, line.micro_batch});
  }
}

const ReplayedStep& Replay::at(std::int64_t step) const {
  if (step < 1 || step > static_cast<std::int64_t>(steps_.size())) {
    fail(ErrorKind::usage, "replay: {}: no step {}; the log ends at step {}", file_.string(), step, steps_.size());
  }
  return steps_[static_cast<std::size_t>(step - 1)];
}

bool Replay::ends_stage(std::int64_t step) const {
  return step >= static_cast<std::int64_t>(steps_.size()) || at(step + 1).stage != at(step).stage;
}

bool Replay::evaluated(std::int64_t step) const { return evaluations_.count({step, at(step).stage}) != 0; }

bool logs_every_step(const Plan& plan) {
  return !plan.options.memory.empty() ||
         std::any_of(plan.stages.begin(), plan.stages.end(), [](const Stage& stage) { return stage.seconds > 0; });
}

Plan replay_plan(const Options& options) {
  const fs::path folder = options.replay, file = folder / "plan.yaml";
  Options plain;
  plain.replay = options.replay;
  plain.out = options.out;
  plain.quiet = options.quiet;
  plain.json = options.json;
  if (!(plain == options)) {
    fail(
        ErrorKind::usage,
        "replay: {} is repeated as it was; beside it only out, quiet and json are taken. To change it, edit and run {}",
        folder.string(), file.string());
  }
  if (!fs::exists(file)) fail(ErrorKind::usage, "replay: {} is no run folder (it holds no plan.yaml)", folder.string());
  if (!fs::exists(folder / "all_results.json")) {
    fail(ErrorKind::usage, "replay: the run in {} is not finished; finish it with: strop train --resume --out {}",
         folder.string(), folder.string());
  }
  const Replay log(folder);  // fails before the new run begins, where steps are missing
  Plan plan = plan_from_yaml(read_file(file, ErrorKind::usage), file.string());
  // A replay of a replay follows the first one's log through its own.
  plan.options.replay = fs::absolute(folder).lexically_normal().string();
  plan.options.out = options.out;
  plan.options.quiet = options.quiet;
  plan.options.json = options.json;
  return plan;
}

}  // namespace strop
