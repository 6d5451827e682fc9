#include "train/evaluation.h"

#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace strop {

double quality_of(const Evaluation& evaluation, const std::string& metric) {
  const auto found = evaluation.find(metric);
  if (found == evaluation.end()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : evaluation) names.push_back(name);
    fail(ErrorKind::usage, "metric_for_best_model: this task has no {}; expected one of {}", metric, join(names, ", "));
  }
  return metric == "loss" ? -found->second : found->second;
}

}  // namespace strop
