// Progress for a person: one moving line on a terminal, plain lines elsewhere, nothing with --quiet or --json.
#pragma once

#include "report/run_log.h"

namespace strop {

enum class ConsoleMode { bar, lines, off };
ConsoleMode console_mode(bool quiet, bool json);  // bar where stderr is a terminal

class Console {
 public:
  explicit Console(ConsoleMode mode);
  ~Console();
  void show(const LogLine& line);  // loss, throughput, memory, time left
  void finish();                   // ends the moving line

 private:
  ConsoleMode mode_;
};

}  // namespace strop
