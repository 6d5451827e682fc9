// PEFT's rank_pattern and alpha_pattern: a map from a regex to a value, matched as (.*\.)?(key)$ against the module.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace strop {

// In the order in which they are tried: PEFT's is that of the file.
using Patterns = std::vector<std::pair<std::string, std::string>>;

// The value of the first key that matches `module`, else `fallback`. Error(usage) naming `option` for a broken regex or
// a value that is no number above 0.
double pattern_value(const Patterns& patterns, const std::string& module, double fallback, const std::string& option);

// Whether a key matches it in that way.
bool pattern_names(const std::string& key, const std::string& module, const std::string& option);

}  // namespace strop
