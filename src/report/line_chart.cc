#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "report/svg_chart.h"

namespace strop {
namespace {

constexpr double kWidth = 520, kHeight = 270, kLeft = 66, kRight = 14, kTop = 14, kBottom = 40;
constexpr std::size_t kMostPoints = 360;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // A range of no length gets one, so that its only value stands in the middle.
  void widen() {
    if (low == high) {
      const double half = low == 0 ? 1 : std::abs(low) / 2;
      low -= half;
      high += half;
    }
  }
};

struct Frame {
  Range x, y;
  double px(double value) const { return kLeft + (value - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight); }
  double py(double value) const {
    return kHeight - kBottom - (value - y.low) / (y.high - y.low) * (kHeight - kTop - kBottom);
  }
};

// Every k-th point, and the last one.
Series thinned(const Series& series) {
  const std::size_t step = (series.x.size() + kMostPoints - 1) / kMostPoints;
  if (step <= 1) return series;
  Series out = series;
  out.x.clear();
  out.y.clear();
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (i % step != 0 && i + 1 != series.x.size()) continue;
    out.x.push_back(series.x[i]);
    out.y.push_back(series.y[i]);
  }
  return out;
}

Frame frame_of(const LineChart& chart) {
  Frame frame;
  for (const auto& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      frame.x.add(series.x[i]);
      frame.y.add(series.y[i]);
    }
  }
  if (!std::isfinite(frame.x.low)) return frame;
  if (chart.from_zero) frame.y.add(0);
  frame.x.widen();
  frame.y.widen();
  const auto ticks = axis_ticks(frame.y.low, frame.y.high, 5, chart.y_base);
  frame.y = {ticks.front(), ticks.back()};
  return frame;
}

std::string grid(const LineChart& chart, const Frame& frame) {
  std::string out = "<g class=\"grid\">";
  for (const double y : axis_ticks(frame.y.low, frame.y.high, 5, chart.y_base)) {
    if (y < frame.y.low - 1e-12 || y > frame.y.high * (1 + 1e-12) + 1e-12) continue;
    out += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\"/><text class=\"y\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                       kLeft, frame.py(y), kWidth - kRight, kLeft - 8, frame.py(y) + 4, escape_html(chart.y_text(y)));
  }
  for (const double x : axis_ticks(frame.x.low, frame.x.high, 7)) {
    if (x < frame.x.low || x > frame.x.high) continue;
    out += fmt::format("<text class=\"x\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", frame.px(x), kHeight - kBottom + 18,
                       escape_html(chart.x_text(x)));
  }
  out += fmt::format("<text class=\"x name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text></g>", (kLeft + kWidth - kRight) / 2,
                     kHeight - 6, escape_html(chart.x_name));
  return out;
}

std::string drawn(const Series& series, const Frame& frame) {
  std::string path, points;
  bool pen_up = true;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.y[i])) {
      pen_up = true;
      continue;
    }
    const double x = frame.px(series.x[i]), y = frame.py(series.y[i]);
    path += fmt::format("{}{:.1f} {:.1f}", pen_up ? "M" : "L", x, y);
    pen_up = false;
    const bool alone = series.x.size() == 1;
    if (series.style == Series::Style::dots || alone) {
      points += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>", x, y);
    }
  }
  const char* style = series.style == Series::Style::faint ? " faint" : "";
  return fmt::format("<g class=\"s{}{}\"><path d=\"{}\"/>{}</g>", series.color, style, path, points);
}

std::string marks(const LineChart& chart, const Frame& frame) {
  std::string out;
  for (const auto& mark : chart.marks) {
    if (mark.x < frame.x.low || mark.x > frame.x.high) continue;
    out += fmt::format("<path class=\"mark\" d=\"M{:.1f} {:.1f}V{:.1f}\"><title>{}</title></path>", frame.px(mark.x),
                       kTop, kHeight - kBottom, escape_html(mark.name));
  }
  return out;
}

// [[x in the viewBox, "step 120\nloss 0.31"], ...] for the page's script.
std::string tooltips(const LineChart& chart, const Frame& frame) {
  std::map<double, std::string> texts;
  for (const auto& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      auto& text = texts[series.x[i]];
      if (text.empty()) text = chart.x_name + " " + chart.x_text(series.x[i]);
      text += "\n" + series.name + "  " + chart.y_text(series.y[i]);
    }
  }
  auto list = nlohmann::json::array();
  for (const auto& [x, text] : texts) list.push_back({std::round(frame.px(x) * 10) / 10, text});
  return escape_html(list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string legend(const LineChart& chart) {
  if (chart.series.size() < 2 && chart.marks.size() < 2) return "";
  std::string out = "<span class=\"legend\">";
  for (const auto& series : chart.series) {
    const char* style = series.style == Series::Style::faint ? " faint" : "";
    out +=
        fmt::format("<span class=\"s{}{}\"><i></i><bdi>{}</bdi></span>", series.color, style, escape_html(series.name));
  }
  return out + (chart.marks.empty() ? "" : "<span><i class=\"dash\"></i>stage begins</span>") + "</span>";
}

}  // namespace

std::vector<double> axis_ticks(double low, double high, int count, double base) {
  const double rough = std::max((high - low) / count, 1e-12);
  const double power = std::pow(base, std::floor(std::log(rough) / std::log(base)));
  double step = power * base;
  for (double factor = 1; factor < base; factor *= 10) {  // 1 2 5 10 20 50 ... up to the base
    for (const double round : {1.0, 2.0, 5.0}) {
      if (power * factor * round >= rough) step = std::min(step, power * factor * round);
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double k = first; k <= last; ++k) ticks.push_back(k * step);
  return ticks;
}

std::vector<double> smoothed(const std::vector<double>& values, const std::vector<std::int64_t>& part) {
  const double keep = 1 - 1 / (1 + static_cast<double>(values.size()) / 25);
  std::vector<double> out;
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && part[i] != part[i - 1]) sum = weight = 0;
    sum = keep * sum + (1 - keep) * values[i];
    weight = keep * weight + (1 - keep);
    out.push_back(sum / weight);
  }
  return out;
}

std::string line_chart(const LineChart& chart) {
  LineChart shown = chart;
  shown.series.clear();
  std::transform(chart.series.begin(), chart.series.end(), std::back_inserter(shown.series), thinned);
  std::erase_if(shown.series, [](const Series& s) {
    return std::none_of(s.y.begin(), s.y.end(), [](double y) { return std::isfinite(y); });
  });
  if (shown.series.empty()) return "";
  const Frame frame = frame_of(shown);
  std::string out = fmt::format(
      "<figure class=\"chart\"><figcaption><b>{}</b>{}</figcaption><div class=\"plot\"><svg viewBox=\"0 0 {} {}\" "
      "role=\"img\" aria-label=\"{}\" data-tips=\"{}\">",
      escape_html(shown.title), legend(shown), kWidth, kHeight, escape_html(shown.title), tooltips(shown, frame));
  out += grid(shown, frame) + marks(shown, frame);
  for (const auto& series : shown.series) out += drawn(series, frame);
  out += fmt::format("<path class=\"cursor\" d=\"M0 {}V{}\"/></svg></div></figure>\n", kTop, kHeight - kBottom);
  return out;
}

}  // namespace strop
