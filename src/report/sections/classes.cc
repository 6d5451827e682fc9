#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"
#include "report/svg_chart.h"

namespace strop {
namespace {

constexpr std::size_t kMostConfusions = 10;

std::vector<std::string> names_of(const ClassificationMetrics& metrics) {
  std::vector<std::string> names;
  for (const auto& figures : metrics.classes) names.push_back(figures.name);
  return names;
}

std::string meter(double share) {
  return fmt::format("<span class=\"meter\"><i style=\"width:{:.1f}%\"></i></span>{:.3f}", 100 * share, share);
}

std::string class_table(const ClassificationMetrics& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& figures : metrics.classes) {
    rows.push_back({user_text(figures.name), meter(figures.precision), meter(figures.recall), meter(figures.f1),
                    count_text(static_cast<double>(figures.support))});
  }
  return "<h3>Each class</h3>\n" + table_html({"class", "precision", "recall", "F1", "rows"}, rows, 1);
}

// The pairs that are taken for each other most often; the matrix says it already where there are two classes.
std::string confusions(const ClassificationMetrics& metrics) {
  if (metrics.classes.size() < 3) return "";
  const auto table = confusion_pairs(names_of(metrics), metrics.confusion, "rows");
  return table.empty() ? "" : "<h3>Most often taken for each other</h3>\n" + table;
}

std::string calibration_words(const ClassificationMetrics& metrics) {
  double confidence = 0;
  for (const auto& bin : metrics.calibration) confidence += bin.confidence * static_cast<double>(bin.count);
  confidence /= static_cast<double>(std::max<std::int64_t>(1, metrics.samples));
  return fmt::format(
      "<p>It is {} sure of its answers on average, and right for {}: {}. The expected calibration error is {}.</p>\n",
      percent_text(confidence), percent_text(metrics.accuracy),
      confidence > metrics.accuracy + metrics.accuracy_stderr   ? "surer than it should be"
      : confidence < metrics.accuracy - metrics.accuracy_stderr ? "less sure than it could be"
                                                                : "as sure as it should be",
      percent_text(metrics.calibration_error));
}

}  // namespace

std::string confusion_pairs(const std::vector<std::string>& names, const std::vector<std::int64_t>& counts,
                            const std::string& what) {
  struct Pair {
    std::int64_t count;
    std::size_t label, predicted;
  };
  const std::size_t classes = names.size();
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i / classes != i % classes && counts[i] > 0) pairs.push_back({counts[i], i / classes, i % classes});
  }
  if (pairs.empty()) return "";
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kMostConfusions) pairs.resize(kMostConfusions);
  std::vector<std::vector<std::string>> rows;
  for (const auto& pair : pairs) {
    const auto* row = &counts[pair.label * classes];
    const auto all = static_cast<double>(std::accumulate(row, row + classes, std::int64_t{0}));
    rows.push_back({user_text(names[pair.label]), user_text(names[pair.predicted]),
                    count_text(static_cast<double>(pair.count)), percent_text(static_cast<double>(pair.count) / all)});
  }
  return table_html({"true", "predicted", what, "share of the class"}, rows, 2);
}

std::string classes_section(const RunFiles& run) {
  const auto* metrics = run.metrics();
  if (metrics == nullptr || metrics->classes.empty()) return "";
  const std::size_t classes = metrics->classes.size();
  const bool matrix = metrics->confusion.size() == classes * classes;
  std::string charts, out;
  if (matrix && classes <= kLargestMatrix) charts += confusion_chart(names_of(*metrics), metrics->confusion);
  if (!metrics->calibration.empty()) charts += calibration_chart(metrics->calibration);
  if (!charts.empty()) out += "<div class=\"charts\">" + charts + "</div>\n";
  if (!metrics->calibration.empty()) out += calibration_words(*metrics);
  out += class_table(*metrics);
  if (matrix) out += confusions(*metrics);
  return section_html(run.anchor + "classes", "Right and wrong, class by class", out);
}

}  // namespace strop
