#include "cli/program.h"

#include <iostream>
#include <new>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "strop/job.h"

namespace strop {
namespace {

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::cerr << general_help();
    return static_cast<int>(ErrorKind::usage);
  }
  const auto& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    print(first == "help" && arguments.size() > 1 ? verb_help(find_verb(arguments[1]), false) : general_help());
    return 0;
  }
  if (first == "--version" || first == "version") {
    print(version_line());
    return 0;
  }
  const Verb& verb = find_verb(first);
  const auto command = parse_command_line(verb, {arguments.begin() + 1, arguments.end()});
  if (command.help != HelpWanted::no) {
    print(verb_help(verb, command.help == HelpWanted::all));
    return 0;
  }
  if (command.options.quiet) set_log_level(LogLevel::warning);
  return verb.run(command);
}

int complain(const std::string& message, ErrorKind kind) {
  std::cerr << "strop: " << message << std::endl;
  return static_cast<int>(kind);
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  try {
    return dispatch(arguments);
  } catch (const Error& error) {
    return complain(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return complain("out of memory; try a smaller per_device_train_batch_size or max_length, or say --memory",
                    ErrorKind::budget);
  } catch (const std::exception& error) {
    // libtorch's messages carry a stack behind their first line.
    const auto first_line = split(error.what(), '\n').front();
    return complain(fmt::format("internal error: {}\nThis is a bug of strop's. Please report it with the command, the "
                                "output of 'strop --version' and the run's strop.log.",
                                first_line),
                    ErrorKind::internal);
  }
}

}  // namespace strop
