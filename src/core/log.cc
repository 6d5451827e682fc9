#include "core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <vector>

#include "core/error.h"

namespace strop {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

void (*before_terminal_line)() = nullptr;

spdlog::logger& terminal() {
  static auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("terminal", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

std::shared_ptr<spdlog::logger>& file_logger() {
  static std::shared_ptr<spdlog::logger> logger;
  return logger;
}

// What is said while no file is open, at most so many lines: the next file begins with them.
struct EarlyLine {
  spdlog::log_clock::time_point time;
  spdlog::level::level_enum severity;
  std::string text;
};
constexpr std::size_t kMostEarly = 1000;
std::vector<EarlyLine> early_lines;
std::mutex early_mutex;

void to_terminal(spdlog::level::level_enum severity, const std::string& text) {
  if (!terminal().should_log(severity)) return;
  if (before_terminal_line != nullptr) before_terminal_line();
  terminal().log(severity, "{}", text);
}

}  // namespace

void set_log_level(LogLevel level) { terminal().set_level(to_spdlog(level)); }

void set_log_hook(void (*before_line)()) { before_terminal_line = before_line; }

void set_log_file(const std::filesystem::path& file) {
  file_logger().reset();
  if (file.empty()) return;
  std::shared_ptr<spdlog::logger> made;
  try {
    made = std::make_shared<spdlog::logger>("file", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string()));
  } catch (const spdlog::spdlog_ex& error) {
    fail(ErrorKind::usage, "{}: cannot be written: {}", file.string(), error.what());
  }
  // A log on a full disk must not spoil the run's own message; what the run needs on disk fails by itself.
  made->set_error_handler([file, said = false](const std::string& why) mutable {
    if (!said) terminal().warn("warning: {}: lines are missing: {}", file.string(), why);
    said = true;
  });
  made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  made->flush_on(spdlog::level::info);
  const std::lock_guard lock(early_mutex);
  for (const auto& [time, severity, text] : early_lines) made->log(time, {}, severity, text);
  early_lines.clear();
  file_logger() = std::move(made);
}

void show_line(const std::string& text) { to_terminal(spdlog::level::info, text); }

void log_line(LogLevel level, const std::string& text) {
  const auto severity = to_spdlog(level);
  const char* prefix = level == LogLevel::warning ? "warning: " : level == LogLevel::error ? "error: " : "";
  to_terminal(severity, prefix + text);
  if (file_logger()) {
    file_logger()->log(severity, text);
    return;
  }
  const std::lock_guard lock(early_mutex);
  if (severity >= spdlog::level::info && early_lines.size() < kMostEarly) {
    early_lines.push_back({spdlog::log_clock::now(), severity, text});
  }
}

}  // namespace strop
