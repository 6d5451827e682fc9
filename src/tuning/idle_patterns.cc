#include "tuning/idle_patterns.h"

#include <algorithm>

#include "core/text.h"
#include "tuning/method.h"
#include "tuning/pattern.h"

namespace strop {

std::vector<std::string> idle_patterns(const Model& model, const Options& options) {
  std::vector<std::string> lines;
  if (options.method != "lora" && options.method != "ia3") return lines;
  const auto layers = model.layers();
  const auto say_if_idle = [&](const char* key, const std::string& pattern, const auto& matches) {
    if (std::ranges::any_of(layers, [&](const auto& one) { return matches(one.first, *one.second); })) return;
    lines.push_back(fmt::format("{}: '{}' names no layer of this model", key, pattern));
  };
  for (const auto& [key, names] : {std::pair{"target_modules", &options.target_modules},
                                   {"exclude_modules", &options.exclude_modules},
                                   {"feedforward_modules", &options.feedforward_modules}}) {
    for (const auto& name : *names) {
      say_if_idle(key, name,
                  [&](const auto& module, const Layer& layer) { return matches_modules({name}, module, layer); });
    }
  }
  for (const auto& [key, patterns] :
       {std::pair{"rank_pattern", &options.rank_pattern}, {"alpha_pattern", &options.alpha_pattern}}) {
    for (const auto& [pattern, value] : *patterns) {
      say_if_idle(key, pattern, [&](const auto& module, const Layer&) { return pattern_names(pattern, module, key); });
    }
  }
  return lines;
}

}  // namespace strop
