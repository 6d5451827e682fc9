// What a run really did at each step, read back from its trainer_log.jsonl: `strop train --replay RUN` repeats it.
//
// A run by the wall clock, or under a limit on memory, takes decisions from measurements: rate, micro-batch, when to
// evaluate and when to end. Such a run logs every step; a replay takes these from the log instead of measuring, so the
// same plan and thread count give the same bits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strop/plan.h"

namespace strop {

struct ReplayedStep {
  std::string stage;
  double learning_rate = 0, data_rate = 1;
  std::int64_t micro_batch = 0;
};

class Replay {
 public:
  // Error(usage): no log there, or one that lacks a step (a run that logged only some of them).
  explicit Replay(const std::filesystem::path& run_folder);

  // Steps count from 1 through all stages. Error(usage) beyond the last.
  const ReplayedStep& at(std::int64_t step) const;
  // True where the stage of this step ended with it.
  bool ends_stage(std::int64_t step) const;
  bool evaluated(std::int64_t step) const;  // at its end, by its own stage

 private:
  std::filesystem::path file_;
  std::vector<ReplayedStep> steps_;
  std::set<std::pair<std::int64_t, std::string>> evaluations_;
};

// True where decisions of this run follow from measurements, so that every step is logged.
bool logs_every_step(const Plan& plan);

// The plan of a finished run, to be run again into `options.out` as it went (quiet and json of `options`).
// Error(usage): no run there, or options beside it that would change it.
Plan replay_plan(const Options& options);

}  // namespace strop
