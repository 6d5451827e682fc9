#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "cli/flags.h"
#include "config/schema.h"
#include "config/values.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr const char* kWhere = "command line";
constexpr std::uint64_t kMostYaml = 16 << 20;

struct Assignment {
  std::string name;  // as the person wrote it
  std::string value;
};

// One CLI11 option and what it sets.
struct Bound {
  CLI::Option* option;
  std::string name;
  bool is_key;
};

std::vector<Bound> declare_flags(CLI::App& app, const Verb& verb) {
  std::vector<Bound> bound;
  for (const auto& flag : verb.flags) {
    const auto names = "--" + flag.name;
    auto* option = flag.value.empty() ? app.add_flag(names) : app.add_option(names);
    bound.push_back({option, flag.name, false});
  }
  for (const Key* key : keys_of(verb)) {
    auto names = flag_names(*key);
    std::transform(names.begin(), names.end(), names.begin(), [](const auto& name) { return "--" + name; });
    if (key->type == "boolean") {
      const auto count = names.size();
      for (std::size_t i = 0; i < count; ++i) names.push_back("!--no-" + names[i].substr(2));
      bound.push_back({app.add_flag(join(names, ",")), key->name, true});
    } else {
      bound.push_back({app.add_option(join(names, ",")), key->name, true});
    }
  }
  for (auto& entry : bound) entry.option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return bound;
}

// `--resume` and `--augment` may stand without a value; CLI11 would take the next word, whatever it is.
std::vector<std::string> fill_optional_values(const Verb& verb, const std::vector<std::string>& words) {
  std::map<std::string, std::string> fill;
  if (takes_key(verb, "resume")) fill["--resume"] = "newest";
  for (const auto& flag : verb.flags) {
    if (starts_with(flag.value, "[")) fill["--" + flag.name] = kLeftOut;
  }
  const auto is_value = [](const std::string& word) {
    return !starts_with(word, "-") && word.find('=') == std::string::npos && !is_yaml_name(word);
  };
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto found = fill.find(words[i]);
    const bool alone = found != fill.end() && (i + 1 == words.size() || !is_value(words[i + 1]));
    out.push_back(alone ? words[i] + "=" + found->second : words[i]);
  }
  return out;
}

[[noreturn]] void fail_parse(const CLI::Error& error) {
  const std::string message = error.what();
  const auto flag = message.substr(0, message.find(':'));
  if (error.get_name() == "ArgumentMismatch") {
    fail(ErrorKind::usage, "{}: {} needs a value, as {}=VALUE", kWhere, flag, flag);
  }
  fail(ErrorKind::usage, "{}: {}", kWhere, message);
}

[[noreturn]] void fail_unknown_flag(const Verb& verb, const std::string& word) {
  auto name = word.substr(0, word.find('='));
  name.erase(0, name.find_first_not_of('-'));
  std::replace(name.begin(), name.end(), '_', '-');
  std::vector<std::string> candidates = {"help", "help-all"};
  for (const auto& flag : verb.flags) candidates.push_back(flag.name);
  for (const Key* key : keys_of(verb)) {
    for (const auto& candidate : flag_names(*key)) {
      if (candidate.size() > 2) candidates.push_back(candidate);
    }
  }
  const auto near = nearest(name, candidates);
  fail(ErrorKind::usage, "{}: unknown flag '{}'; {}", kWhere, excerpt(word),
       near.empty() ? fmt::format("'strop {} --help' lists them", verb.name)
                    : fmt::format("did you mean '--{}'? ('strop {} --help' lists them)", near, verb.name));
}

[[noreturn]] void fail_stray(const Verb& verb, const std::string& word) {
  if (std::filesystem::exists(word) && verb.all_keys) {
    fail(ErrorKind::usage, "{}: '{}' stands alone; did you mean --data {} or --model {}?", kWhere, word, word, word);
  }
  fail(ErrorKind::usage, "{}: '{}' is {}; 'strop {} --help' shows how to call it", kWhere, excerpt(word),
       verb.all_keys ? "no flag, key=value or YAML file" : "not expected here", verb.name);
}

// Everything that the flags and words of the command line say, before it is applied.
struct Words {
  std::vector<Assignment> assignments;
  std::vector<std::string> rest;
};

void collect_flags(const std::vector<Bound>& bound, CommandLine& command, Words& words) {
  for (const auto& [option, name, is_key] : bound) {
    if (option->count() == 0) continue;
    if (option->results().size() > 1)
      fail(ErrorKind::usage, "{}: {} is given twice; keep one", kWhere, option->get_name());
    const auto value = option->results().front();
    if (starts_with(value, "--"))
      fail(ErrorKind::usage, "{}: {} needs a value, found '{}'", kWhere, option->get_name(), value);
    if (is_key) {
      words.assignments.push_back({name, value});
    } else {
      command.flags[name] = value;
    }
  }
}

void collect_words(const std::vector<std::string>& remaining, CommandLine& command, Words& words) {
  const Verb& verb = *command.verb;
  for (const auto& word : remaining) {
    if (word == "--") continue;
    if (word.size() > 1 && word[0] == '-') fail_unknown_flag(verb, word);
    const auto equals = word.find('=');
    if (equals != std::string::npos && is_key_name(word.substr(0, equals))) {
      const Key& key = find_key(word.substr(0, equals), kWhere);
      if (!takes_key(verb, key.name)) {
        fail(ErrorKind::usage, "{}: 'strop {}' takes no {}", kWhere, verb.name, key.name);
      }
      words.assignments.push_back({word.substr(0, equals), word.substr(equals + 1)});
    } else if (verb.all_keys && is_yaml_name(word)) {
      if (!command.yaml_file.empty()) {
        fail(ErrorKind::usage, "{}: two YAML files, '{}' and '{}'; give one", kWhere, command.yaml_file, word);
      }
      command.yaml_file = word;
    } else {
      words.rest.push_back(word);
    }
  }
}

void read_yaml(CommandLine& command) {
  const auto text = read_file(command.yaml_file, ErrorKind::usage, kMostYaml);
  if (!is_plan(text)) {
    read_options_yaml(command.options, text, command.yaml_file);
    return;
  }
  auto plan = plan_from_yaml(text, command.yaml_file);
  // How a run was shown and resumed is not part of what it does.
  plan.options.quiet = plan.options.json = false;
  plan.options.resume.clear();
  if (!command.verb->keeps_plan) plan.options.out.clear();
  command.options = plan.options;
  if (command.verb->keeps_plan) command.plan = std::move(plan);
}

void set_keys(const std::vector<Assignment>& assignments, CommandLine& command) {
  static const std::set<std::string> kBesidePlan = {"out", "resume", "quiet", "json"};
  std::map<std::string, std::string> written;
  for (const auto& [name, value] : assignments) {
    const Key& key = find_key(name, kWhere);
    if (const auto [earlier, is_new] = written.emplace(key.name, name); !is_new) {
      fail(ErrorKind::usage, "{}: '{}' is given twice{}; keep one", kWhere, key.name,
           earlier->second == name ? "" : fmt::format(", as '{}' and '{}'", earlier->second, name));
    }
    if (command.plan && kBesidePlan.count(key.name) == 0) {
      fail(ErrorKind::usage, "{}: '{}' can't be changed beside a plan, which runs as it stands; edit {}", kWhere,
           key.name, command.yaml_file);
    }
    set_option(command.options, name, value, kWhere);
    command.given.push_back(key.name);
  }
  if (command.plan) command.plan->options = command.options;
}

}  // namespace

CommandLine parse_command_line(const Verb& verb, const std::vector<std::string>& arguments) {
  CommandLine command;
  command.verb = &verb;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto* help = app.add_flag("-h,--help");
  const auto* help_all = app.add_flag("--help-all");
  const auto bound = declare_flags(app, verb);
  auto words = fill_optional_values(verb, arguments);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& error) {
    fail_parse(error);
  }
  if (help->count() + help_all->count() > 0) {
    command.help = help_all->count() > 0 ? HelpWanted::all : HelpWanted::usual;
    return command;
  }
  Words found;
  collect_flags(bound, command, found);
  collect_words(app.remaining(), command, found);
  if (!found.rest.empty() && (verb.arguments.empty() || verb.arguments == kYamlArgument)) {
    fail_stray(verb, found.rest[0]);
  }
  command.arguments = std::move(found.rest);
  if (!command.yaml_file.empty()) read_yaml(command);
  set_keys(found.assignments, command);
  return command;
}

std::int64_t flag_integer(const CommandLine& command, const std::string& flag) {
  try {
    return parse_integer(command.flags.at(flag), at_least(1));
  } catch (const Error& error) {
    fail(error.kind(), "{}: --{}: {}", kWhere, flag, error.what());
  }
}

void require_keys(const CommandLine& command, const std::vector<std::string>& keys) {
  std::vector<std::string> missing;
  for (const auto& name : keys) {
    if (find_key(name, kWhere).get(command.options).empty()) missing.push_back("--" + name);
  }
  if (missing.empty()) return;
  fail(ErrorKind::usage, "strop {} needs {}; for example:\n  {}", command.verb->name, join(missing, " and "),
       command.verb->examples.front());
}

}  // namespace strop
