// Charts as inline SVG: they scale by their viewBox, take their colours from the page's CSS variables (light and dark),
// and carry the text of their tooltips, so that the page's script only has to show it. All texts are escaped here.
// Cost: at most a few hundred points a series are drawn; longer ones are thinned.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/classification.h"

namespace strop {

struct Series {
  enum class Style { line, faint, dots };  // faint: the raw curve behind a smoothed one; dots: joined points
  std::string name;
  std::vector<double> x, y;  // of equal length, x ascending; a NaN in y is a gap
  int color = 1;             // 1 to 8, the page's --s1 to --s8
  Style style = Style::line;
};

// A vertical line where something begins, such as a stage.
struct ChartMark {
  double x = 0;
  std::string name;
};

struct LineChart {
  std::string title;
  std::string x_name;             // "step"
  std::string (*x_text)(double);  // figures on the axis and in the tooltip
  std::string (*y_text)(double);
  std::vector<Series> series;
  std::vector<ChartMark> marks;
  bool from_zero = false;  // the y axis begins at 0
  double y_base = 10;      // ticks are 1, 2, 5 times powers of 10; of 1024 for bytes
};

// A <figure>; "" where no series has a point.
std::string line_chart(const LineChart& chart);

// True class down, predicted class across, each cell shaded by its share of the row. classes x classes counts.
std::string confusion_chart(const std::vector<std::string>& names, const std::vector<std::int64_t>& counts);

// Accuracy of each confidence bin against the diagonal on which confidence is honest.
std::string calibration_chart(const std::vector<CalibrationBin>& bins);

// Exponential mean whose memory is a share of the curve's length; starts anew wherever `part` changes.
std::vector<double> smoothed(const std::vector<double>& values, const std::vector<std::int64_t>& part);

// Round tick values that cover [low, high], about `count` of them.
std::vector<double> axis_ticks(double low, double high, int count, double base = 10);

}  // namespace strop
