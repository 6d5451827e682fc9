#include <fmt/format.h>

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
    rows.push_back({user_text(one.name), points_text(one.map), points_text(one.map_50), points_text(one.mar_100), count_text(static_cast<double>(one.support))});
  }
  return "<h3>Each class</h3>\n" + table_html({"class", "AP", "AP50", "recall", "boxes"}, rows, 1);
}

// Precision over recall at IoU 0.5, of at most eight classes.
std::string curves(const BoxMetrics& metrics) {
  constexpr int kMost = 8;
  LineChart chart;
  chart.title = "Precision over recall (IoU 0.5)";
  chart.x_name = "recall";
  chart.x_text = percent_text;
  chart.y_text = percent_text;
  chart.from_zero = true;
  for (const auto& one : metrics.classes) {
    const int color = static_cast<int>(chart.series.size()) + 1;
    if (one.precision_50.empty() || color > kMost) continue;
    Series series;
    series.name = one.name;
    series.color = color;
    for (std::size_t i = 0; i < one.precision_50.size(); ++i) {
      series.x.push_back(0.01 * static_cast<double>(i));
      series.y.push_back(one.precision_50[i]);
    }
    chart.series.push_back(std::move(series));
  }
  const auto figure = line_chart(chart);
  return figure.empty() ? "" : "<div class=\"charts\">" + figure + "</div>\n";
}

}  // namespace

std::string boxes_section(const RunFiles& run) {
  const auto* metrics = run.box_metrics();
  if (metrics == nullptr) return "";
  std::string out = curves(*metrics) + class_table(*metrics) + size_table(*metrics);
  if (!run.boxes.empty()) {
    out += "<h3>Where it goes wrong most</h3>\n<p>True boxes are white; found ones have their class's colour, its name and the "
           "score in percent.</p>\n<div class=\"gallery\">";
    for (const auto& one : run.boxes) {
      out += picture_html(one.image, fmt::format("{}: {} missed, {} false alarms", short_name(one.name), one.missed, one.false_alarms));
    }
    out += "</div>\n";
  }
  return section_html(run.anchor + "boxes", "Boxes found and missed", out);
}

}  // namespace strop
