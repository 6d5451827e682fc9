#include "cli/flags.h"

#include <algorithm>
#include <cctype>

#include "core/text.h"

namespace strop {

std::vector<const Key*> keys_of(const Verb& verb) {
  std::vector<const Key*> keys;
  for (const auto& key : schema()) {
    const bool hidden = std::any_of(verb.flags.begin(), verb.flags.end(),
                                    [&key](const VerbFlag& flag) { return flag.name == key.name; });
    if (!hidden && takes_key(verb, key.name)) keys.push_back(&key);
  }
  return keys;
}

bool takes_key(const Verb& verb, const std::string& key) {
  return verb.all_keys || std::find(verb.usual.begin(), verb.usual.end(), key) != verb.usual.end();
}

std::vector<std::string> flag_names(const Key& key) {
  std::vector<std::string> names;
  const auto add = [&names](std::string name) {
    auto dashed = name;
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    names.push_back(dashed);
    if (dashed != name) names.push_back(std::move(name));
  };
  add(key.name);
  for (const auto& alias : key.aliases) add(alias);
  return names;
}

bool is_yaml_name(const std::string& word) { return ends_with(word, ".yaml") || ends_with(word, ".yml"); }

bool is_key_name(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

}  // namespace strop
