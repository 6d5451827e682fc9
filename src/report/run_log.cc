#include "report/run_log.h"

#include <cmath>

#include "core/files.h"
#include "report/event_file.h"

namespace strop {

struct RunLog::State {
  std::filesystem::path file;
  EventFile events;
};

RunLog::RunLog(const std::filesystem::path& folder, std::int64_t resume_step)
    : state_(new State{folder / "trainer_log.jsonl", EventFile(folder / "runs", resume_step)}) {
  std::string kept;
  if (resume_step > 0 && std::filesystem::exists(state_->file)) {
    for (const auto& line : read_log_lines(state_->file)) {
      if (line.current_steps <= resume_step) kept += to_json(line) + "\n";
    }
  }
  write_file_atomic(state_->file, kept);
}

RunLog::~RunLog() = default;

void RunLog::write(const LogLine& line) {
  append_file(state_->file, to_json(line) + "\n");
  const double bytes = line.resident_bytes > 0 ? static_cast<double>(line.resident_bytes) : std::nan("");
  state_->events.append(line.current_steps, {{"train/loss", line.loss},
                                             {"train/learning_rate", line.learning_rate},
                                             {"train/grad_norm", line.grad_norm},
                                             {"eval/loss", line.eval_loss},
                                             {"eval/accuracy", line.eval_accuracy},
                                             {"eval/f1", line.eval_f1},
                                             {"eval/map", line.eval_map},
                                             {"eval/map_50", line.eval_map_50},
                                             {"speed/samples_per_second", line.samples_per_second},
                                             {"speed/tokens_per_second", line.tokens_per_second},
                                             {"memory/resident_bytes", bytes}});
}

}  // namespace strop
