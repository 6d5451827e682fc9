#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

std::string or_dash(bool known, const std::string& text) { return known ? text : "–"; }

std::vector<std::string> compare_row(const RunFiles& run, std::size_t number, bool best) {
  const auto* metrics = run.metrics();
  const CostRecord cost = run.results ? run.results->cost : CostRecord{};
  const RunRecord record = run.record.value_or(RunRecord{});
  std::string accuracy = or_dash(metrics != nullptr, "");
  if (metrics != nullptr) {
    accuracy = fmt::format("{}{} ± {}{}", best ? "<b>" : "", percent_text(metrics->accuracy),
                           percent_text(metrics->accuracy_stderr), best ? "</b>" : "");
  }
  if (const auto* boxes = run.box_metrics())
    accuracy = fmt::format("{}AP {}{}", best ? "<b>" : "", points_text(boxes->map), best ? "</b>" : "");
  return {fmt::format("<span class=\"legend\"><span class=\"s{}\"><i></i></span></span>{}", number % 8 + 1,
                      user_text(run.name)),
          or_dash(run.record.has_value(), user_text(record.method)),
          or_dash(run.record.has_value(), user_text(short_name(record.base_model))),
          accuracy,
          or_dash(metrics != nullptr, fmt::format("{:.3f}", metrics != nullptr ? metrics->f1_macro : 0)),
          or_dash(metrics != nullptr, fmt::format("{:.3f}", metrics != nullptr ? metrics->loss : 0)),
          or_dash(cost.actual_seconds > 0, duration_text(cost.actual_seconds)),
          or_dash(cost.actual_peak_bytes > 0, bytes_text(static_cast<double>(cost.actual_peak_bytes))),
          or_dash(record.trained_parameters > 0, count_text(static_cast<double>(record.trained_parameters)))};
}

// Accuracy, or a detector's AP; -1 where nothing was measured.
double quality_of(const RunFiles& run) {
  return run.split_metrics() != nullptr ? headline_of(*run.split_metrics()) : -1;
}

// Figures of other splits, or of boxes and of labels, are not held against each other.
bool comparable(const std::vector<RunFiles>& runs) {
  const RunFiles* first = nullptr;
  for (const auto& run : runs) {
    if (run.split_metrics() == nullptr) continue;
    if (first == nullptr) first = &run;
    const bool same_kind = run.split_metrics()->index() == first->split_metrics()->index();
    if (!same_kind || std::string(run.split_name()) != first->split_name()) return false;
  }
  return first != nullptr;
}

// The best run, and whether the next is within one standard error of it: then it is a tie, and called one.
std::string verdict(const std::vector<RunFiles>& runs, const RunFiles& best) {
  if (best.split_metrics() == nullptr) return "";
  if (!comparable(runs)) return "They were measured on different splits or at different tasks: none is called the best.";
  if (best.box_metrics() != nullptr) return fmt::format("<b>{}</b> has the highest AP.", user_text(best.name));
  const auto* metrics = best.metrics();
  std::string tied;
  for (const auto& run : runs) {
    if (&run == &best || quality_of(run) < 0) continue;
    if (metrics->accuracy - quality_of(run) <= metrics->accuracy_stderr) {
      tied += (tied.empty() ? "" : ", ") + user_text(run.name);
    }
  }
  if (tied.empty()) return fmt::format("<b>{}</b> is the most accurate.", user_text(best.name));
  return fmt::format("<b>{}</b> and {} are within one standard error of each other: a tie.", user_text(best.name),
                     tied);
}

}  // namespace

std::string compare_section(const std::vector<RunFiles>& runs) {
  const auto best = std::max_element(
      runs.begin(), runs.end(), [](const RunFiles& a, const RunFiles& b) { return quality_of(a) < quality_of(b); });
  std::vector<std::vector<std::string>> rows;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    rows.push_back(compare_row(runs[r], r, &runs[r] == &*best && comparable(runs)));
  }
  return fmt::format(
             "<header class=\"headline\"><p class=\"over\">strop</p><h1>{} runs, side by side</h1><p "
             "class=\"lead\">{}</p></header>\n",
             runs.size(), verdict(runs, *best)) +
         section_html(
             "compare", "Comparison",
             table_html(
                 {"run", "method", "model", "accuracy or AP", "macro F1", "loss", "time", "peak memory", "trained"}, rows,
                 3));
}

}  // namespace strop
