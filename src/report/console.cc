#include "report/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/log.h"

namespace strop {
namespace {

constexpr double kSecondsBetweenLines = 5;
constexpr double kSmoothing = 0.8;  // share of the old loss in the shown one

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Back to the first column, clear to the end of the line.
void clear_line() {
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace

ConsoleMode console_mode(bool quiet, bool json) {
  if (quiet || json) return ConsoleMode::off;
  const char* terminal = std::getenv("TERM");
  const bool moves = isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
  return moves ? ConsoleMode::bar : ConsoleMode::lines;
}

Console::Console(ConsoleMode mode) : mode_(mode) {
  progress_.loss = std::nan("");
  if (mode_ == ConsoleMode::bar) set_log_hook(clear_line);
}

Console::~Console() { finish(); }

void Console::show(const LogLine& line) {
  if (mode_ == ConsoleMode::off) return;
  progress_.step = line.current_steps;
  progress_.total = line.total_steps;
  progress_.elapsed = std::isfinite(line.elapsed_time) ? line.elapsed_time : 0;
  if (line.stage != progress_.stage) {  // another stage: its loss starts anew
    progress_.stage = line.stage;
    progress_.loss = std::nan("");
  }
  if (std::isfinite(line.loss)) {
    progress_.loss =
        std::isfinite(progress_.loss) ? kSmoothing * progress_.loss + (1 - kSmoothing) * line.loss : line.loss;
  }
  if (std::isfinite(line.samples_per_second)) progress_.samples_per_second = line.samples_per_second;
  if (line.resident_bytes > 0) progress_.resident_bytes = line.resident_bytes;
  if (std::isfinite(line.remaining_time)) progress_.remaining = line.remaining_time;
  if (std::isfinite(line.eval_loss) || std::isfinite(line.eval_accuracy) || std::isfinite(line.eval_map)) {
    std::string text = fmt::format("step {}: evaluation", line.current_steps);
    const auto points = [](double share) { return share < 0 ? std::string("-") : fmt::format("{:.1f}", 100 * share); };
    if (std::isfinite(line.eval_map))
      text += fmt::format(", AP {}, AP50 {}", points(line.eval_map), points(line.eval_map_50));
    if (std::isfinite(line.eval_accuracy)) text += fmt::format(", accuracy {:.2f} %", 100 * line.eval_accuracy);
    if (std::isfinite(line.eval_loss)) text += fmt::format(", loss {:.4f}", line.eval_loss);
    show_line(text);
  }
  redraw();
}

void Console::redraw() {
  if (mode_ == ConsoleMode::bar) {
    std::fprintf(stderr, "\r%s\033[K", progress_bar(progress_, terminal_width() - 1).c_str());
    std::fflush(stderr);
    return;
  }
  const bool last = progress_.step == progress_.total;
  if (plain_line_shown_ && !last && since_plain_line_.seconds() < kSecondsBetweenLines) return;
  show_line(progress_text(progress_));
  since_plain_line_ = Stopwatch();
  plain_line_shown_ = true;
}

void Console::finish() {
  if (mode_ == ConsoleMode::bar) {
    set_log_hook(nullptr);
    std::fputs("\n", stderr);
    std::fflush(stderr);
  }
  mode_ = ConsoleMode::off;
}

}  // namespace strop
