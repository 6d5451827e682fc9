// Help that a person can learn from, generated from the verbs and the schema. At most 100 columns wide.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"
#include "config/schema.h"

namespace strop {

std::string general_help();
// What the verb does, examples, its usual flags with defaults, and the names of the other keys; with `all` each of
// these with its help too.
std::string verb_help(const Verb& verb, bool all);

// Keys under their headings: name, default, meaning, other names.
std::string keys_text(const std::vector<const Key*>& keys);
// One key in full.
std::string key_text(const Key& key);
// {"keys": [{"name", "type", "values", "default", "help", "aliases", "group"}]}.
std::string keys_json(const std::vector<const Key*>& keys);

}  // namespace strop
