// The run's record on disk: trainer_log.jsonl (one JSON object a line) and TensorBoard events beside it.
//
// Each step stands once: opening a log to resume at step N cuts away what an interrupted run wrote after N.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace strop {

// One line of trainer_log.jsonl; names as in LLaMA-Factory. NaN fields are left out.
struct LogLine {
  std::int64_t current_steps = 0, total_steps = 0;
  std::string stage;
  double epoch = 0;
  double loss = 0, learning_rate = 0, grad_norm = 0;     // training lines; loss is the mean since the last line
  double eval_loss = 0, eval_accuracy = 0, eval_f1 = 0;  // evaluation lines
  double eval_map = 0, eval_map_50 = 0;                  // of detectors
  double samples_per_second = 0, tokens_per_second = 0;
  std::int64_t resident_bytes = 0;              // 0: not measured
  double elapsed_time = 0, remaining_time = 0;  // seconds
  double data_rate = 1;                         // share of the epoch's samples that were trained on
  std::int64_t micro_batch = 0;                 // 0: not said
  LogLine();                                    // epoch and data_rate as above, all other figures NaN
};

// The line as JSON text without a line end, and back. Figures that are not finite, and 0 bytes or micro-batch, are left
// out; finite ones are written so that they read back bit for bit. Error(usage) where the text is not such a line.
std::string to_json(const LogLine& line);
LogLine log_line_from_json(const std::string& text);

// All lines of a trainer_log.jsonl that are whole; a torn last line, as a killed process leaves it, and lines that are
// not JSON are passed over. Error(usage) where the file can't be read.
std::vector<LogLine> read_log_lines(const std::filesystem::path& file);

class RunLog {
 public:
  // Opens <folder>/trainer_log.jsonl and <folder>/runs/events.out.tfevents.*; keeps lines of steps <= resume_step, in
  // one atomic replacement of each file. resume_step <= 0 is a fresh run: nothing is kept. Error(usage) where the
  // folder can't be written.
  RunLog(const std::filesystem::path& folder, std::int64_t resume_step);
  ~RunLog();
  void write(const LogLine& line);  // on disk when it returns; Error(usage) on a full disk

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strop
