#include <charconv>
#include <regex>

#include "core/error.h"
#include "core/text.h"
#include "nn/layer.h"
#include "tuning/method.h"
#include "tuning/pattern.h"

namespace strop {
namespace {

// `ending`: what stands before the module's name, up to a dot, is free.
bool full_match(const std::string& pattern, const std::string& module, const std::string& option, bool ending) {
  try {
    return std::regex_match(module, std::regex(ending ? "(.*\\.)?(" + pattern + ")" : pattern));
  } catch (const std::regex_error& error) {
    fail(ErrorKind::usage, "{}: '{}' is no regular expression: {}", option, pattern, error.what());
  }
}

bool matches_name(const std::vector<std::string>& patterns, const std::string& module) {
  if (patterns.size() == 1 && patterns[0].find_first_of("*+?[]()|^$\\") != std::string::npos) {
    return full_match(patterns[0], module, "target_modules", false);
  }
  for (const auto& pattern : patterns) {
    if (module == pattern || ends_with(module, "." + pattern)) return true;
  }
  return false;
}

}  // namespace

bool matches_modules(const std::vector<std::string>& patterns, const std::string& module, const Layer& layer) {
  if (patterns.size() == 1 && patterns[0] == "all-linear") return layer.kind() == LayerKind::linear;
  return matches_name(patterns, module) || (!layer.memory_name.empty() && matches_name(patterns, layer.memory_name));
}

bool pattern_names(const std::string& key, const std::string& module, const std::string& option) {
  return full_match(key, module, option, true);
}

double pattern_value(const Patterns& patterns, const std::string& module, double fallback, const std::string& option) {
  for (const auto& [key, text] : patterns) {
    if (!pattern_names(key, module, option)) continue;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
      fail(ErrorKind::usage, "{}: '{}' for '{}' is no number above 0", option, text, key);
    }
    return value;
  }
  return fallback;
}

}  // namespace strop
