// Metrics of single-label classification, from true labels and predicted probabilities.
//
// Definitions agree with scikit-learn's defaults (zero_division=0; ties go to the first class; a class that occurs
// neither as label nor as prediction is left out of the macro mean; probabilities are clipped to double's epsilon in
// the loss). Calibration error: Guo et al. 2017, 15 equal-width bins (lower, upper]. Everything is summed in double.
// No rows at all: every figure is 0. Cost: O(rows x classes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace strop {

struct ClassMetrics {
  std::string name;
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;  // rows with this label
};

// The rows whose highest probability falls into one of the equal-width bins.
struct CalibrationBin {
  double confidence = 0, accuracy = 0;  // means over the rows of the bin; 0 where it is empty
  std::int64_t count = 0;
};

struct ClassificationMetrics {
  double loss = 0;  // mean cross entropy, nats
  double accuracy = 0;
  double f1_macro = 0, f1_micro = 0, f1_weighted = 0;
  double matthews = 0;
  double calibration_error = 0;  // ECE
  double accuracy_stderr = 0;    // sqrt(a (1 - a) / n)
  std::int64_t samples = 0;
  std::vector<ClassMetrics> classes;
  std::vector<std::int64_t> confusion;      // classes x classes, row: true, column: predicted
  std::vector<CalibrationBin> calibration;  // 15 bins from 0 to 1
};

// `probabilities` is labels.size() x names.size(), row-major. Rows whose label is -1 are left out. std::logic_error
// where the sizes do not fit or a label is no class.
ClassificationMetrics classification_metrics(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                             const std::vector<std::string>& names);

// Rows predicted wrong with the highest confidence, worst first; of equals the earlier row first. At most `count`.
std::vector<std::size_t> worst_mistakes(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                        std::size_t classes, std::size_t count);

// {"eval_loss": ..., "eval_accuracy": ..., "eval_f1": macro, ...} with the given prefix ("eval", "test"), as JSON text.
// All keys: docs/run-folder.md, all_results.json.
std::string metrics_json(const ClassificationMetrics& metrics, const std::string& prefix);

// The metrics in a JSON object that holds such keys, among others. Absent keys leave their figure 0; `samples` is 0
// where there are none of this prefix. Error(usage) where the text is not JSON or a key has the wrong type.
ClassificationMetrics metrics_from_json(const std::string& json, const std::string& prefix);

}  // namespace strop
