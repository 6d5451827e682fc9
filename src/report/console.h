// Progress for a person: one moving line on a terminal, plain lines elsewhere, nothing with --quiet or --json.
//
// The moving line goes to stderr, fits the terminal's width and clears itself before each log line (core/log.h).
// Evaluations, and the plain lines (at most one in 5 s, and the last step), are for the terminal: trainer_log.jsonl has
// their figures.
#pragma once

#include <string>

#include "core/clock.h"
#include "report/run_log.h"

namespace strop {

enum class ConsoleMode { bar, lines, off };
ConsoleMode console_mode(bool quiet, bool json);  // bar where stderr is a terminal that can move its cursor

// What is known of a run at one moment. Figures that are NaN or 0 are left out.
struct Progress {
  std::int64_t step = 0, total = 0;
  std::string stage;
  double loss = 0;  // smoothed
  double samples_per_second = 0;
  std::int64_t resident_bytes = 0;
  double elapsed = 0, remaining = 0;  // seconds; the share done follows from them where the total is not known
};

// The moving line: percentage, bar, step, stage, loss, speed, memory, time left; at most `width` columns. On a narrow
// terminal the bar shrinks first, then the figures go, the least telling first.
std::string progress_bar(const Progress& progress, int width);
// The same as a plain line without bar.
std::string progress_text(const Progress& progress);

// One at a time in a process, since the log's hook is the process's.
class Console {
 public:
  explicit Console(ConsoleMode mode);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  void show(const LogLine& line);  // loss, throughput, memory, time left; or an evaluation
  void finish();                   // ends the moving line

 private:
  void redraw();

  ConsoleMode mode_;
  Progress progress_;
  Stopwatch since_plain_line_;
  bool plain_line_shown_ = false;
};

}  // namespace strop
