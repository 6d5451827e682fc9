// One line of news to the person (stderr) and to the run's strop.log.
//
// Standard output stays free for results (`--json`, `predict`). Thread-safe. Messages are formatted by fmt.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

namespace strop {

enum class LogLevel { debug, info, warning, error };

// Lines below `level` do not reach the terminal (--quiet sets warning). The file gets info and above.
void set_log_level(LogLevel level);
// From now on every line is also appended to `file` with its time, those first that were said since the last one was
// closed (or the start). An empty path closes it.
// Error(usage) where it cannot be opened; lines that cannot be written later are lost, which is said once.
void set_log_file(const std::filesystem::path& file);
void log_line(LogLevel level, const std::string& text);
// A line for the terminal alone: figures of a step, which logs of their own keep.
void show_line(const std::string& text);
// Called before each terminal line, so that a progress bar can clear itself. nullptr removes it.
void set_log_hook(void (*before_line)());

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace strop
