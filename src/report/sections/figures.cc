#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

std::string card(const std::string& name, const std::string& figure, const std::string& beside) {
  return fmt::format("<div class=\"card\"><span>{}</span><strong>{}</strong><small>{}</small></div>\n",
                     escape_html(name), escape_html(figure), escape_html(beside));
}

// "+7 %", "−1.2 points": what came true against what was predicted.
std::string signed_text(double value, int digits, const char* unit) {
  return fmt::format("{}{:.{}f}{}", value < 0 ? "−" : "+", std::abs(value), digits, unit);
}

std::vector<std::string> cost_row(const std::string& name, double predicted, double actual, std::string (*text)(double),
                                  bool in_points = false) {
  std::string off = "–";
  if (predicted > 0 && actual > 0) {
    off = in_points ? signed_text(100 * (actual - predicted), 1, " points")
                    : signed_text(100 * (actual / predicted - 1), 0, " %");
  }
  return {escape_html(name), predicted > 0 ? escape_html(text(predicted)) : "–",
          actual > 0 ? escape_html(text(actual)) : "–", off};
}

std::string cost_table(const CostRecord& cost) {
  const bool predicted = cost.predicted_seconds > 0 || cost.predicted_peak_bytes > 0 || cost.predicted_quality > 0;
  if (!predicted) return "";
  return "<h3>Predicted and actual</h3>\n" +
         table_html({"", "predicted", "actual", "off by"},
                    {cost_row("Time of the whole job", cost.predicted_seconds, cost.actual_seconds, duration_text),
                     cost_row("Peak memory", static_cast<double>(cost.predicted_peak_bytes),
                              static_cast<double>(cost.actual_peak_bytes), bytes_text),
                     cost_row("Quality", cost.predicted_quality, cost.actual_quality, percent_text, true)},
                    1);
}

std::int64_t peak_bytes(const RunFiles& run) {
  std::int64_t peak = run.results ? run.results->cost.actual_peak_bytes : 0;
  for (const auto& line : run.log) peak = std::max(peak, line.resident_bytes);
  return peak;
}

std::string training_cards(const RunResults& results) {
  std::string out;
  const double whole = results.cost.actual_seconds > 0 ? results.cost.actual_seconds : results.train_runtime;
  if (whole > 0) {
    out += card("Time", duration_text(whole), "of which training " + duration_text(results.train_runtime));
  }
  if (results.train_samples_per_second > 0) {
    out += card("Throughput", count_text(results.train_samples_per_second) + "/s",
                fmt::format("samples; {}, {:.4g} epochs", plural(static_cast<double>(results.total_steps), "step"),
                            results.epoch));
  }
  return out;
}

}  // namespace

std::string figures_section(const RunFiles& run) {
  std::string cards;
  if (const auto* metrics = run.metrics()) {
    cards +=
        card("Accuracy", percent_text(metrics->accuracy),
             fmt::format("± {} standard error, {} split", percent_text(metrics->accuracy_stderr), run.split_name()));
    cards += card("Over guessing", signed_text(100 * (metrics->accuracy - majority_share(run)), 1, ""),
                  "points more than always giving the most frequent class");
    cards +=
        card("Macro F1", fmt::format("{:.3f}", metrics->f1_macro), fmt::format("Matthews {:.3f}", metrics->matthews));
    cards += card("Loss", fmt::format("{:.3f}", metrics->loss),
                  fmt::format("calibration error {}", percent_text(metrics->calibration_error)));
  }
  if (const auto* boxes = run.box_metrics()) {
    cards += card("AP", points_text(boxes->map), fmt::format("mean over IoU 0.5 to 0.95, {} split", run.split_name()));
    cards += card("AP50", points_text(boxes->map_50), "AP75 " + points_text(boxes->map_75));
    cards += card("Recall", points_text(boxes->mar_100), "of 100 boxes a class and picture, over the same IoUs");
  }
  if (run.results) cards += training_cards(*run.results);
  if (const auto peak = peak_bytes(run); peak > 0) {
    cards += card("Peak memory", bytes_text(static_cast<double>(peak)), "whole process, as the kernel counts it");
  }
  if (run.record && run.record->total_parameters > 0) {
    cards += card("Trained", count_text(static_cast<double>(run.record->trained_parameters)),
                  "of " + count_text(static_cast<double>(run.record->total_parameters)) + " parameters");
  }
  if (cards.empty()) return "";
  return section_html(
      run.anchor + "figures", "Key figures",
      "<div class=\"cards\">" + cards + "</div>\n" + (run.results ? cost_table(run.results->cost) : ""));
}

}  // namespace strop
