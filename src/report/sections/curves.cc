#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "report/html_parts.h"
#include "report/sections/sections.h"
#include "report/svg_chart.h"

namespace strop {
namespace {

std::string short_figure(double value) { return fmt::format("{:.3g}", value); }
std::string power_of_ten(double exponent) { return fmt::format("{:.2g}", std::pow(10.0, exponent)); }
std::string short_bytes(double bytes) { return bytes_text(std::round(bytes)); }

using Field = double LogLine::*;

// One of the run's figures over `x`; lines without it are passed over.
Series series_of(const RunFiles& run, Field x, Field y) {
  Series series;
  for (const auto& line : run.log) {
    const double at = x != nullptr ? line.*x : static_cast<double>(line.current_steps);
    if (!std::isfinite(line.*y) || !std::isfinite(at)) continue;
    series.x.push_back(at);
    series.y.push_back(line.*y);
  }
  return series;
}

// Number of the stage at each line that has a loss.
std::vector<std::int64_t> stages_of_losses(const RunFiles& run) {
  std::map<std::string, std::int64_t> numbers;
  std::vector<std::int64_t> out;
  for (const auto& line : run.log) {
    if (std::isfinite(line.loss)) out.push_back(numbers.emplace(line.stage, numbers.size()).first->second);
  }
  return out;
}

std::vector<ChartMark> stage_marks(const RunFiles& run) {
  std::vector<ChartMark> marks;
  std::string stage;
  std::int64_t last = 0;
  for (const auto& line : run.log) {
    if (!line.stage.empty() && line.stage != stage) {
      if (!stage.empty()) marks.push_back({static_cast<double>(last), line.stage});
      stage = line.stage;
    }
    last = line.current_steps;
  }
  return marks;
}

// A chart's series of one run: appended, named and coloured by the caller's number of the run.
using Fill = std::function<void(const RunFiles&, const std::string& prefix, int color, LineChart&)>;

std::string chart_of(const std::vector<RunFiles>& runs, LineChart chart, const Fill& fill) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const bool several = runs.size() > 1;
    fill(runs[r], several ? runs[r].name + " " : "", several ? static_cast<int>(r % 8) + 1 : 1, chart);
  }
  // A point alone (a head that was solved) is no curve: the figures hold it.
  const auto moves = [](const Series& one) { return !one.x.empty() && one.x.front() != one.x.back(); };
  if (std::none_of(chart.series.begin(), chart.series.end(), moves)) return "";
  if (runs.size() == 1 && chart.x_name == "step") chart.marks = stage_marks(runs[0]);
  return line_chart(chart);
}

Fill one_series(const std::string& name, Field x, Field y, Series::Style style) {
  return [=](const RunFiles& run, const std::string& prefix, int color, LineChart& chart) {
    Series series = series_of(run, x, y);
    if (series.x.empty()) return;
    series.name = prefix + name;
    series.color = color;
    series.style = style;
    chart.series.push_back(std::move(series));
  };
}

void fill_loss(const RunFiles& run, const std::string& prefix, int color, LineChart& chart) {
  Series raw = series_of(run, nullptr, &LogLine::loss);
  raw.color = color;
  raw.style = Series::Style::faint;
  raw.name = prefix + "raw";
  Series smooth = raw;
  smooth.style = Series::Style::line;
  smooth.name = prefix + "smoothed";
  smooth.y = smoothed(raw.y, stages_of_losses(run));
  const bool alone = prefix.empty();
  if (alone) chart.series.push_back(std::move(raw));
  chart.series.push_back(std::move(smooth));
  Series evaluations = series_of(run, nullptr, &LogLine::eval_loss);
  evaluations.name = prefix + "evaluation";
  evaluations.color = alone ? 2 : color;
  evaluations.style = Series::Style::dots;
  if (alone) chart.series.push_back(std::move(evaluations));
}

void fill_quality(const RunFiles& run, const std::string& prefix, int color, LineChart& chart) {
  one_series("accuracy", nullptr, &LogLine::eval_accuracy, Series::Style::dots)(run, prefix, color, chart);
  if (prefix.empty()) one_series("macro F1", nullptr, &LogLine::eval_f1, Series::Style::dots)(run, prefix, 2, chart);
  one_series("AP", nullptr, &LogLine::eval_map, Series::Style::dots)(run, prefix, color, chart);
  if (prefix.empty()) one_series("AP50", nullptr, &LogLine::eval_map_50, Series::Style::dots)(run, prefix, 2, chart);
}

// The highest learning rate of each stage.
std::map<std::string, double> stage_peaks(const RunFiles& run) {
  std::map<std::string, double> peaks;
  for (const auto& line : run.log) peaks[line.stage] = std::fmax(peaks[line.stage], line.learning_rate);
  return peaks;
}

// Stages of very different rates are shown on a logarithmic axis; a rate under a twentieth of its stage's peak, on its
// way to zero, is a gap there.
void fill_learning_rate(const RunFiles& run, const std::string& prefix, int color, LineChart& chart) {
  const auto is_log = chart.y_text == power_of_ten;
  const auto peaks = stage_peaks(run);
  Series series = series_of(run, nullptr, &LogLine::learning_rate);
  std::size_t i = 0;
  for (const auto& line : run.log) {
    if (!std::isfinite(line.learning_rate)) continue;
    const bool shown = line.learning_rate > peaks.at(line.stage) / 20;
    if (is_log) series.y[i] = shown ? std::log10(line.learning_rate) : std::nan("");
    ++i;
  }
  series.name = prefix + "learning rate";
  series.color = color;
  chart.series.push_back(std::move(series));
}

// True where the peaks of stages, of all runs, lie more than a factor of ten apart.
bool rates_differ(const std::vector<RunFiles>& runs) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const auto& run : runs) {
    for (const auto& [stage, peak] : stage_peaks(run)) {
      if (peak > 0) low = std::min(low, peak);
      high = std::max(high, peak);
    }
  }
  return high > 10 * low;
}

LineChart by_step(const std::string& title, std::string (*y_text)(double)) {
  LineChart chart;
  chart.title = title;
  chart.x_name = "step";
  chart.x_text = count_text;
  chart.y_text = y_text;
  return chart;
}

LineChart by_time(const std::string& title, std::string (*y_text)(double)) {
  LineChart chart = by_step(title, y_text);
  chart.x_name = "seconds";
  chart.from_zero = true;
  return chart;
}

std::string anchor_of(const std::vector<RunFiles>& runs) { return runs.size() == 1 ? runs[0].anchor : ""; }

std::string in_grid(const std::string& charts) {
  return charts.empty() ? "" : "<div class=\"charts\">" + charts + "</div>\n";
}

}  // namespace

std::string curves_section(const std::vector<RunFiles>& runs) {
  const std::string charts =
      chart_of(runs, by_step("Loss", short_figure), fill_loss) +
      chart_of(runs, by_step("Quality at evaluations", percent_text), fill_quality) +
      chart_of(runs, by_step("Learning rate", rates_differ(runs) ? power_of_ten : short_figure), fill_learning_rate) +
      chart_of(runs, by_step("Gradient norm", short_figure),
               one_series("gradient norm", nullptr, &LogLine::grad_norm, Series::Style::line));
  return section_html(anchor_of(runs) + "curves", "Curves", in_grid(charts));
}

std::string speed_section(const std::vector<RunFiles>& runs) {
  LineChart memory = by_time("Resident memory", short_bytes);
  memory.y_base = 1024;
  const Fill fill_memory = [](const RunFiles& run, const std::string& prefix, int color, LineChart& chart) {
    Series series;
    for (const auto& line : run.log) {
      if (line.resident_bytes <= 0 || !std::isfinite(line.elapsed_time)) continue;
      series.x.push_back(line.elapsed_time);
      series.y.push_back(static_cast<double>(line.resident_bytes));
    }
    series.name = prefix + "resident";
    series.color = color;
    chart.series.push_back(std::move(series));
  };
  const std::string charts =
      chart_of(runs, by_time("Samples a second", count_text),
               one_series("samples/s", &LogLine::elapsed_time, &LogLine::samples_per_second, Series::Style::line)) +
      chart_of(runs, memory, fill_memory);
  return section_html(anchor_of(runs) + "speed", "Throughput and memory", in_grid(charts));
}

}  // namespace strop
