// The one exception that strop throws for anything a person can mend.
//
// A message names the place (file:line or key), what was found, what was expected and what to do.
// The kind decides the exit code of the program (see ErrorKind); the CLI prints the message alone,
// never a stack. Bugs of ours are plain std::logic_error and end with exit code 1.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace strop {

// The value is the exit code of the process.
enum class ErrorKind {
  internal = 1,
  usage = 2,          // command line, configuration, output folder
  data = 3,           // training, validation or prediction data
  model = 4,          // weights, config.json, tokenizer.json, adapters
  budget = 5,         // the limits on time or memory can't be met
  interrupted = 130,  // Ctrl-C or SIGTERM; the run can be resumed
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// fail(ErrorKind::data, "{}:{}: label is empty; expected one of {}", file, line, names)
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace strop
