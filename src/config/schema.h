// The typed schema of Options: one line a key, from which the command line, YAML, help, completion and the reference
// page are generated. A new key is a field in strop/options.h and a line in schema.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

struct Key {
  std::string name;                  // as in YAML and key=value; the flag is --name with - for _
  std::vector<std::string> aliases;  // peers' spellings (LLaMA-Factory, PEFT, timm, Ultralytics)
  std::string group;                 // heading in the help
  std::string type;                  // "string", "integer", "number", "boolean", "list", "map"
  std::string values;                // what may stand here besides the type: ">= 1", "auto|cpu|cuda"; may be empty
  std::vector<std::string> choices;  // empty: any value of the type
  std::string help;                  // one sentence: meaning, unit, what 0 or auto does
  std::vector<std::string> methods;  // that alone read it; empty: all
  std::vector<std::string> tasks;    // the same
  std::function<void(Options&, const std::string&)> set;  // from text; throws Error(usage) naming key, value, expected
  std::function<std::string(const Options&)> get;         // to text that set() reads back
};

// All keys in the order of the help.
const std::vector<Key>& schema();

// The key of that name or alias; - and _ are the same. nullptr where there is none.
const Key* lookup_key(const std::string& name);
// The same, or Error(usage) with the nearest name and `where` ("train.yaml:7", "command line").
const Key& find_key(const std::string& name, const std::string& where);

// Sets one key from text ("learning_rate", "1e-4"). Errors carry `where`.
void set_option(Options& options, const std::string& name, const std::string& value, const std::string& where);

// Reads YAML options (a map of keys; sections one deep are allowed as headings) over `options`. `null` leaves a key as
// it is. Errors name file:line; a key given twice, under one name or two, is one.
void read_options_yaml(Options& options, const std::string& text, const std::string& file);

// All options as YAML under headings, each line read back by read_options_yaml to the same value.
std::string options_to_yaml(const Options& options);

// A YAML text as JSON: numbers and booleans typed, quoted scalars as strings. For --json.
std::string yaml_to_json(const std::string& text, const std::string& file);

// The keys as a Markdown reference, generated into docs/keys.md.
std::string schema_markdown();

}  // namespace strop
