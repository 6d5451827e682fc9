#include <algorithm>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/schema.h"
#include "core/error.h"

namespace strop {
namespace {

void print_keys(const CommandLine& command) {
  std::vector<const Key*> keys;
  for (const auto& name : command.arguments) keys.push_back(&find_key(name, "command line"));
  const bool all = keys.empty();
  if (all) {
    for (const auto& key : schema()) keys.push_back(&key);
  }
  if (command.options.json) {
    print(keys_json(keys));
  } else if (all) {
    print(keys_text(keys));
  } else {
    for (const Key* key : keys) print((key == keys.front() ? "" : "\n") + key_text(*key));
  }
}

bool sets_options(const CommandLine& command) {
  return !command.yaml_file.empty() || std::any_of(command.given.begin(), command.given.end(),
                                                   [](const auto& name) { return name != "json" && name != "quiet"; });
}

int run_config(const CommandLine& command) {
  if (command.has("markdown")) {
    print(schema_markdown());
  } else if (sets_options(command) && !command.arguments.empty()) {
    fail(ErrorKind::usage, "command line: give either keys to explain ('{}') or options to check",
         command.arguments.front());
  } else if (sets_options(command)) {
    const auto yaml = command.plan ? to_yaml(*command.plan) : options_to_yaml(command.options);
    print(command.options.json ? yaml_to_json(yaml, "options") : yaml);
  } else {
    print_keys(command);
  }
  return 0;
}

}  // namespace

Verb config_verb() {
  Verb verb;
  verb.name = "config";
  verb.summary = "explains keys; checks a file of options or a plan";
  verb.about =
      "Without arguments lists every key with its default, meaning and the names that other tools use. With KEY "
      "explains one. With a YAML file or key=value checks them and prints all options as they would be used.";
  verb.arguments = "[KEY ... | plan.yaml | options.yaml]";
  verb.examples = {"strop config", "strop config learning_rate", "strop config options.yaml lora_r=16"};
  verb.usual = {"json"};
  verb.flags = {{"markdown", "", "The list as Markdown (docs/keys.md)."}};
  verb.keeps_plan = true;
  verb.run = run_config;
  return verb;
}

}  // namespace strop
