#include "core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

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
  file_logger() = std::move(made);
}

void log_line(LogLevel level, const std::string& text) {
  const auto severity = to_spdlog(level);
  if (terminal().should_log(severity)) {
    if (before_terminal_line != nullptr) before_terminal_line();
    const char* prefix = level == LogLevel::warning ? "warning: " : level == LogLevel::error ? "error: " : "";
    terminal().log(severity, "{}{}", prefix, text);
  }
  if (file_logger()) file_logger()->log(severity, text);
}

}  // namespace strop
