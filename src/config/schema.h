// The typed schema of Options: one line a key, from which the command line, YAML, help, completion and the reference
// page are generated. A new key is a field in strop/options.h and a line in schema.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

struct Key {
  std::string name;                    // as in YAML and key=value; the flag is --name with - for _
  std::vector<std::string> aliases;    // peers' spellings (LLaMA-Factory, PEFT, timm, Ultralytics)
  std::string group;                   // heading in the help
  std::string type;                    // "string", "integer", "number", "boolean", "list", "map"
  std::vector<std::string> choices;    // empty: any value of the type
  std::string help;                    // one sentence: meaning, unit, what 0 or auto does
  std::function<void(Options&, const std::string&)> set;  // from text; throws Error(usage) naming key, value, expected
  std::function<std::string(const Options&)> get;         // to text that set() reads back
};

// All keys in the order of the help.
const std::vector<Key>& schema();

// The key of that name or alias. Error(usage) with the nearest name and `where` ("train.yaml:7", "command line").
const Key& find_key(const std::string& name, const std::string& where);

// Sets one key from text ("learning_rate", "1e-4"). Errors carry `where`.
void set_option(Options& options, const std::string& name, const std::string& value, const std::string& where);

// Reads YAML options (a map of keys; sections one deep are allowed as headings) over `options`. Errors name file:line.
void read_options_yaml(Options& options, const std::string& text, const std::string& file);

// The keys as a Markdown reference, generated into docs/keys.md.
std::string schema_markdown();

}  // namespace strop
