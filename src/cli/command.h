// The arguments behind the verb, understood: `[options.yaml | plan.yaml] [--flags] [key=value ...]`.
//
// Flags are generated from the schema: --learning-rate, --learning_rate and the names of other tools, as `--flag value`
// or `--flag=value`; booleans as --flag and --no-flag. What stands on the command line wins over the YAML file. Every
// mistake is an Error(usage) naming the flag or file:line, the value found, and what was expected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "strop/options.h"
#include "strop/plan.h"

namespace strop {

enum class HelpWanted { no, usual, all };

struct CommandLine {
  const Verb* verb = nullptr;
  HelpWanted help = HelpWanted::no;
  Options options;
  std::optional<Plan> plan;                  // where the YAML file is a plan and the verb keeps it
  std::string yaml_file;                     // "" without one
  std::vector<std::string> given;            // keys set on the command line
  std::map<std::string, std::string> flags;  // the verb's own: name -> value, "" for a switch
  std::vector<std::string> arguments;        // what is neither flag, key=value nor YAML file

  bool has(const std::string& flag) const { return flags.count(flag) != 0; }
};

CommandLine parse_command_line(const Verb& verb, const std::vector<std::string>& arguments);

// The whole number >= 1 that the verb's own flag was given; Error(usage) where it is none.
std::int64_t flag_integer(const CommandLine& command, const std::string& flag);

// Error(usage) with the verb's first example where one of these keys is empty.
void require_keys(const CommandLine& command, const std::vector<std::string>& keys);

}  // namespace strop
