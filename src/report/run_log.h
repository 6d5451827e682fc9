// The run's record on disk: trainer_log.jsonl (one JSON object a line) and TensorBoard events beside it.
//
// Each step stands once: opening a log to resume at step N cuts away what an interrupted run wrote after N.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace strop {

// One line of trainer_log.jsonl; names as in LLaMA-Factory. NaN fields are left out.
struct LogLine {
  std::int64_t current_steps = 0, total_steps = 0;
  std::string stage;
  double epoch = 0;
  double loss = 0, learning_rate = 0, grad_norm = 0;       // training lines; loss is the mean since the last line
  double eval_loss = 0, eval_accuracy = 0, eval_f1 = 0;    // evaluation lines
  double samples_per_second = 0, tokens_per_second = 0;
  std::int64_t resident_bytes = 0;
  double elapsed_time = 0, remaining_time = 0;             // seconds
  double data_rate = 1;                                    // share of the epoch's samples that were trained on
  std::int64_t micro_batch = 0;
  LogLine();                                               // all figures NaN
};

class RunLog {
 public:
  // Opens <folder>/trainer_log.jsonl and <folder>/runs/events.out.tfevents.*; keeps lines of steps <= resume_step.
  RunLog(const std::filesystem::path& folder, std::int64_t resume_step);
  ~RunLog();
  void write(const LogLine& line);  // flushed at once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strop
