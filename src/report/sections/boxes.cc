#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"
#include "report/svg_chart.h"

namespace strop {
namespace {

std::string size_table(const BoxMetrics& metrics) {
  return "<h3>By size</h3>\n" +
         table_html({"boxes", "AP", "recall"},
                    {{"all", points_text(metrics.map), points_text(metrics.mar_100)},
                     {"small (to 32 x 32 pixels)", points_text(metrics.map_small), points_text(metrics.mar_small)},
                     {"medium", points_text(metrics.map_medium), points_text(metrics.mar_medium)},
                     {"large (from 96 x 96)", points_text(metrics.map_large), points_text(metrics.mar_large)}},
                    1);
}

std::string class_table(const BoxMetrics& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : metrics.classes) {
    if (one.support == 0) continue;
    rows.push_back({user_text(one.name), points_text(one.map), points_text(one.map_50), points_text(one.mar_100),
                    count_text(static_cast<double>(one.support))});
  }
  return "<h3>Each class</h3>\n" + table_html({"class", "AP", "AP50", "recall", "boxes"}, rows, 1);
}

// The classes with the most true boxes, those first.
std::vector<const BoxClassMetrics*> largest(const BoxMetrics& metrics, std::size_t most) {
  std::vector<const BoxClassMetrics*> classes;
  for (const auto& one : metrics.classes) {
    if (!one.precision_50.empty()) classes.push_back(&one);
  }
  std::stable_sort(classes.begin(), classes.end(),
                   [](const auto* a, const auto* b) { return a->support > b->support; });
  if (classes.size() > most) classes.resize(most);
  return classes;
}

// Precision over recall at IoU 0.5.
std::string curves(const BoxMetrics& metrics) {
  constexpr std::size_t kMost = 8;
  LineChart chart;
  chart.title = "Precision over recall (IoU 0.5)";
  chart.x_name = "recall";
  chart.x_text = percent_text;
  chart.y_text = percent_text;
  chart.from_zero = true;
  for (const auto* one : largest(metrics, kMost)) {
    Series series;
    series.name = one->name;
    series.color = static_cast<int>(chart.series.size()) + 1;
    for (std::size_t i = 0; i < one->precision_50.size(); ++i) {
      series.x.push_back(0.01 * static_cast<double>(i));
      series.y.push_back(one->precision_50[i]);
    }
    chart.series.push_back(std::move(series));
  }
  return line_chart(chart);
}

// The matrix without the classes that were neither there nor found.
struct Shown {
  std::vector<std::string> names;
  std::vector<std::int64_t> counts;
};

Shown shown_confusion(const BoxMetrics& metrics) {
  const auto classes = metrics.classes.size(), side = classes + 1;
  const auto& counts = metrics.confusion.counts;
  Shown shown;
  if (counts.size() != side * side) return shown;
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < side; ++c) {
    bool used = c == classes;
    for (std::size_t other = 0; other < side; ++other)
      used = used || counts[c * side + other] > 0 || counts[other * side + c] > 0;
    if (!used) continue;
    kept.push_back(c);
    shown.names.push_back(c == classes ? "background" : metrics.classes[c].name);
  }
  for (const auto row : kept) {
    for (const auto column : kept) shown.counts.push_back(counts[row * side + column]);
  }
  return shown;
}

std::string confusion_words(const BoxMetrics& metrics, const Shown& shown) {
  if (shown.counts.empty()) return "";
  const auto& confusion = metrics.confusion;
  std::string out = fmt::format(
      "<p>With scores of at least {:.2f}, where F1 is best, {} of the boxes found are right (precision) and {} of the "
      "true ones are "
      "found (recall), at an IoU of 0.5. The background's row holds false alarms, its column what was missed.</p>\n",
      confusion.score, percent_text(confusion.precision), percent_text(confusion.recall));
  const auto pairs = confusion_pairs(shown.names, shown.counts, "boxes");
  return pairs.empty() ? out : out + "<h3>Most frequent mistakes</h3>\n" + pairs;
}

std::string charts(const BoxMetrics& metrics, const Shown& shown) {
  std::string out = curves(metrics);
  if (shown.names.size() > 1 && shown.names.size() <= kLargestMatrix) out += confusion_chart(shown.names, shown.counts);
  return out.empty() ? "" : "<div class=\"charts\">" + out + "</div>\n";
}

// Of a detector that got more classes: what became of those it had.
std::string added_table(const BoxMetrics& metrics, const char* split) {
  if (!metrics.added) return "";
  const auto& added = *metrics.added;
  const auto row = [](const std::string& name, const MeanAp& ap, std::int64_t boxes) -> std::vector<std::string> {
    return {name, points_text(ap.map), points_text(ap.map_50), count_text(static_cast<double>(boxes))};
  };
  std::vector<std::vector<std::string>> rows;
  std::string words;
  if (added.base_boxes == 0) {
    words = fmt::format(
        "<p>The {} data has no boxes of the classes that the model had before: what became of them is not "
        "measured.</p>\n",
        split);
  } else {
    if (added.base_before) rows.push_back(row("classes it had, before training", *added.base_before, added.base_boxes));
    rows.push_back(row("classes it had, now", added.base, added.base_boxes));
    if (added.base_before) {
      words = fmt::format("<p>Forgotten: {:.1f} points of AP, {:.1f} of AP50.</p>\n",
                          100 * (added.base_before->map - added.base.map),
                          100 * (added.base_before->map_50 - added.base.map_50));
    }
  }
  if (added.agreement) {
    const auto& found = *added.agreement;
    words += fmt::format(
        "<p>Answers on the {} data, of the classes that the model had: {} boxes found before training, {} now, {} of "
        "them the same "
        "(agreement {}). Their scores moved by {:.3f} on average.</p>\n",
        split, found.before, found.after, found.matched, percent_text(found.share()), found.score_change);
  }
  rows.push_back(row("added classes", added.novel, added.novel_boxes));
  rows.push_back(row("all", {metrics.map, metrics.map_50}, added.base_boxes + added.novel_boxes));
  return "<h3>Old and new classes</h3>\n" + table_html({"", "AP", "AP50", "boxes"}, rows, 1) + words;
}

}  // namespace

std::string boxes_section(const RunFiles& run) {
  const auto* metrics = run.box_metrics();
  if (metrics == nullptr) return "";
  const auto shown = shown_confusion(*metrics);
  std::string out = charts(*metrics, shown) + confusion_words(*metrics, shown) +
                    added_table(*metrics, run.split_name()) + class_table(*metrics) + size_table(*metrics);
  if (!run.boxes.empty()) {
    out +=
        "<h3>Where it goes wrong most</h3>\n<p>True boxes are white; found ones have their class's colour, its name "
        "and the "
        "score in percent.</p>\n<div class=\"gallery\">";
    for (const auto& one : run.boxes) {
      out += picture_html(
          one.image, fmt::format("{}: {} missed, {} false alarms", short_name(one.name), one.missed, one.false_alarms));
    }
    out += "</div>\n";
  }
  return section_html(run.anchor + "boxes", "Boxes found and missed", out);
}

}  // namespace strop
