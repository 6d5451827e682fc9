// Which keys of the schema a verb takes, and what they are called as flags.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"
#include "config/schema.h"

namespace strop {

// Verb::arguments of the verbs that read a file of options or a plan and no other words.
inline constexpr const char* kYamlArgument = "[plan.yaml | options.yaml]";

// The keys that are flags of this verb, in the schema's order; a flag of the verb's own hides a key of the same name.
std::vector<const Key*> keys_of(const Verb& verb);
// Whether key=value and YAML may set it (a hidden key too).
bool takes_key(const Verb& verb, const std::string& key);
// "lora-r", "lora_r", "r", "lora-rank", ...: without the leading dashes, the key's own first.
std::vector<std::string> flag_names(const Key& key);

// Ends in .yaml or .yml.
bool is_yaml_name(const std::string& word);
// Could stand before = as a key: letters, digits, - and _.
bool is_key_name(const std::string& word);

}  // namespace strop
