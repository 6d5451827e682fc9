// Metrics of single-label classification, from true labels and predicted probabilities.
// Definitions agree with scikit-learn's (zero_division=0); calibration error: Guo et al. 2017, 15 equal-width bins.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace strop {

struct ClassMetrics {
  std::string name;
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;
};

struct ClassificationMetrics {
  double loss = 0;        // mean cross entropy, nats
  double accuracy = 0;
  double f1_macro = 0, f1_micro = 0, f1_weighted = 0;
  double matthews = 0;
  double calibration_error = 0;  // ECE
  double accuracy_stderr = 0;    // sqrt(a (1 - a) / n)
  std::int64_t samples = 0;
  std::vector<ClassMetrics> classes;
  std::vector<std::int64_t> confusion;  // classes x classes, row: true, column: predicted
};

// `probabilities` is labels.size() x names.size(), row-major. Rows whose label is -1 are left out.
ClassificationMetrics classification_metrics(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                             const std::vector<std::string>& names);

// Rows predicted wrong with the highest confidence, worst first.
std::vector<std::size_t> worst_mistakes(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                        std::size_t classes, std::size_t count);

// {"eval_loss": ..., "eval_accuracy": ..., "eval_f1": macro, ...} with the given prefix ("eval", "test"), as JSON text.
std::string metrics_json(const ClassificationMetrics& metrics, const std::string& prefix);

}  // namespace strop
