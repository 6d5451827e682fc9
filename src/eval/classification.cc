#include "eval/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace strop {
namespace {

constexpr std::size_t kBins = 15;

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

std::size_t argmax(std::span<const float> row) {
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

void check_sizes(std::span<const std::int32_t> labels, std::span<const float> probabilities, std::size_t classes) {
  if (classes == 0 || probabilities.size() != labels.size() * classes) {
    throw std::logic_error("metrics: probabilities must be rows x classes");
  }
  for (const auto label : labels) {
    if (label < -1 || label >= static_cast<std::int64_t>(classes)) throw std::logic_error("metrics: label is no class");
  }
}

// One pass over the rows: sums of the loss, of each calibration bin, and the confusion matrix.
void count_rows(std::span<const std::int32_t> labels, std::span<const float> probabilities, std::size_t classes,
                ClassificationMetrics& metrics) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    const auto label = static_cast<std::size_t>(labels[row]);
    const auto scores = probabilities.subspan(row * classes, classes);
    const std::size_t predicted = argmax(scores);
    const double confidence = scores[predicted];
    metrics.loss -= std::log(std::clamp<double>(scores[label], kEpsilon, 1 - kEpsilon));
    ++metrics.confusion[label * classes + predicted];
    ++metrics.samples;
    const double position = std::ceil(confidence * static_cast<double>(kBins)) - 1;
    // A NaN confidence compares false and falls into the first bin.
    const std::size_t bin = position > 0 ? std::min(kBins - 1, static_cast<std::size_t>(position)) : 0;
    metrics.calibration[bin].confidence += confidence;
    metrics.calibration[bin].accuracy += predicted == label ? 1 : 0;
    ++metrics.calibration[bin].count;
  }
}

void finish_calibration(ClassificationMetrics& metrics) {
  for (auto& bin : metrics.calibration) {
    metrics.calibration_error += std::abs(bin.confidence - bin.accuracy) / static_cast<double>(metrics.samples);
    bin.confidence = ratio(bin.confidence, static_cast<double>(bin.count));
    bin.accuracy = ratio(bin.accuracy, static_cast<double>(bin.count));
  }
}

// Figures of each class, their means, and Matthews' correlation, from the confusion matrix.
void finish_classes(const std::vector<std::string>& names, ClassificationMetrics& metrics) {
  const std::size_t classes = names.size();
  const auto rows = static_cast<double>(metrics.samples);
  double correct = 0, occurring = 0, label_dot_predicted = 0, label_dot = 0, predicted_dot = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    double labelled = 0, predicted = 0;
    for (std::size_t other = 0; other < classes; ++other) {
      labelled += static_cast<double>(metrics.confusion[c * classes + other]);
      predicted += static_cast<double>(metrics.confusion[other * classes + c]);
    }
    const auto hits = static_cast<double>(metrics.confusion[c * classes + c]);
    ClassMetrics figures{names[c], ratio(hits, predicted), ratio(hits, labelled), ratio(2 * hits, labelled + predicted),
                         static_cast<std::int64_t>(labelled)};
    correct += hits;
    occurring += labelled + predicted > 0 ? 1 : 0;
    metrics.f1_macro += figures.f1;
    metrics.f1_weighted += figures.f1 * labelled / rows;
    label_dot_predicted += labelled * predicted;
    label_dot += labelled * labelled;
    predicted_dot += predicted * predicted;
    metrics.classes.push_back(std::move(figures));
  }
  metrics.f1_macro = ratio(metrics.f1_macro, occurring);
  metrics.accuracy = correct / rows;
  metrics.f1_micro = metrics.accuracy;  // with one label a row, each error is one false positive and one false negative
  metrics.accuracy_stderr = std::sqrt(metrics.accuracy * (1 - metrics.accuracy) / rows);
  const double variance = (rows * rows - predicted_dot) * (rows * rows - label_dot);
  metrics.matthews = variance > 0 ? (correct * rows - label_dot_predicted) / std::sqrt(variance) : 0;
}

}  // namespace

ClassificationMetrics classification_metrics(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                             const std::vector<std::string>& names) {
  check_sizes(labels, probabilities, names.size());
  ClassificationMetrics metrics;
  metrics.confusion.assign(names.size() * names.size(), 0);
  metrics.calibration.assign(kBins, {});
  count_rows(labels, probabilities, names.size(), metrics);
  if (metrics.samples == 0) {
    for (const auto& name : names) metrics.classes.push_back({.name = name});
    return metrics;
  }
  metrics.loss /= static_cast<double>(metrics.samples);
  finish_calibration(metrics);
  finish_classes(names, metrics);
  return metrics;
}

std::vector<std::size_t> worst_mistakes(std::span<const std::int32_t> labels, std::span<const float> probabilities,
                                        std::size_t classes, std::size_t count) {
  check_sizes(labels, probabilities, classes);
  std::vector<std::pair<float, std::size_t>> wrong;  // minus the confidence, row
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto scores = probabilities.subspan(row * classes, classes);
    const std::size_t predicted = argmax(scores);
    if (labels[row] >= 0 && predicted != static_cast<std::size_t>(labels[row]))
      wrong.emplace_back(-scores[predicted], row);
  }
  const auto kept = static_cast<std::ptrdiff_t>(std::min(count, wrong.size()));
  std::partial_sort(wrong.begin(), wrong.begin() + kept, wrong.end());
  std::vector<std::size_t> rows;
  for (std::ptrdiff_t i = 0; i < kept; ++i) rows.push_back(wrong[static_cast<std::size_t>(i)].second);
  return rows;
}

}  // namespace strop
