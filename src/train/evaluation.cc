#include "train/evaluation.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace strop {

void check_metric(const std::string& metric, const std::vector<std::string>& figures) {
  if (std::ranges::find(figures, metric) == figures.end()) {
    fail(ErrorKind::usage, "metric_for_best_model: this task has no {}; expected one of {}", metric,
         join(figures, ", "));
  }
}

double quality_of(const Evaluation& evaluation, const std::string& metric) {
  const auto found = evaluation.find(metric);
  if (found == evaluation.end()) fail(ErrorKind::internal, "an evaluation without the figure {}", metric);
  return metric == "loss" ? -found->second : found->second;
}

}  // namespace strop
