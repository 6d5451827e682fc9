#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/text.h"
#include "report/svg_chart.h"

namespace strop {
namespace {

// At most `most` code points, closed by an ellipsis.
std::string shortened(const std::string& name, int most) {
  std::size_t at = 0;
  for (int count = 0; at < name.size(); ++count) {
    if (count == most) return repair_utf8(name.substr(0, at)) + "…";
    decode_utf8(name, at);
  }
  return repair_utf8(name);
}

std::string class_name(const std::vector<std::string>& names, std::size_t c, int most) {
  return escape_html(shortened(names[c], most));
}

std::string confusion_cell(const std::vector<std::string>& names, std::size_t row, std::size_t column, double x,
                           double y, double size, std::int64_t count, double share, bool figures) {
  const bool right = row == column;
  std::string out = fmt::format(
      "<g class=\"cell {}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"3\" "
      "fill-opacity=\"{:.3f}\"/><title>{} → {}: {} ({:.1f} % of the row)</title>",
      right ? "right" : "wrong", x, y, size - 2, size - 2, count == 0 ? 0.04 : 0.08 + 0.82 * share,
      class_name(names, row, 60), class_name(names, column, 60), count, 100 * share);
  if (figures) {
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>", x + size / 2 - 1, y + size / 2 + 4,
                       share > 0.5 ? " class=\"on\"" : "", human_count(static_cast<double>(count)));
  }
  return out + "</g>";
}

}  // namespace

std::string confusion_chart(const std::vector<std::string>& names, const std::vector<std::int64_t>& counts) {
  const std::size_t classes = names.size();
  constexpr double kNames = 120, kTop = 62, kWidth = 520, kLargestCell = 145;
  const double size = std::min(kLargestCell, (kWidth - kNames) / static_cast<double>(classes));
  const double side = size * static_cast<double>(classes);
  const double left = kNames + (kWidth - kNames - side) / 2;  // names and cells stand in the middle
  const bool figures = classes <= 12, labels = classes <= 30;
  const double height = kTop + side + 6;
  std::string out = fmt::format(
      "<figure class=\"chart\"><figcaption><b>Confusion matrix</b></figcaption><svg viewBox=\"0 0 {} {:.0f}\" "
      "class=\"matrix\" role=\"img\" aria-label=\"Confusion matrix\"><text class=\"axis\" x=\"{}\" y=\"14\">predicted "
      "→</text><text class=\"axis y\" x=\"{}\" y=\"{}\">true ↓</text>",
      kWidth, height, left, left - 10, kTop - 10);
  for (std::size_t row = 0; row < classes; ++row) {
    const auto* cells = &counts[row * classes];
    const double total = std::max(1.0, static_cast<double>(std::accumulate(cells, cells + classes, std::int64_t{0})));
    const double y = kTop + size * static_cast<double>(row);
    if (labels) {
      const double middle = left + size * (static_cast<double>(row) + 0.5);
      out += fmt::format("<text class=\"y\" x=\"{}\" y=\"{:.1f}\">{}</text>", left - 10, y + size / 2 + 3,
                         class_name(names, row, 14));
      out += size >= 70 ? fmt::format("<text class=\"x\" x=\"{:.1f}\" y=\"{}\">{}</text>", middle, kTop - 10,
                                      class_name(names, row, 12))
                        : fmt::format("<text class=\"tilted\" transform=\"translate({:.1f} {}) rotate(-40)\">{}</text>",
                                      middle - 4, kTop - 8, class_name(names, row, 8));
    }
    for (std::size_t column = 0; column < classes; ++column) {
      out += confusion_cell(names, row, column, left + size * static_cast<double>(column), y, size, cells[column],
                            static_cast<double>(cells[column]) / total, figures);
    }
  }
  return out + "</svg></figure>\n";
}

std::string calibration_chart(const std::vector<CalibrationBin>& bins) {
  constexpr double kLeft = 56, kTop = 12, kSide = 300, kWidth = 520, kBottom = kTop + kSide;
  const double width = kWidth - kLeft - 14;
  std::int64_t most = 1;
  for (const auto& bin : bins) most = std::max(most, bin.count);
  std::string out = fmt::format(
      "<figure class=\"chart\"><figcaption><b>Calibration</b><span class=\"legend\"><span class=\"s1\"><i></i>share "
      "right</span><span><i class=\"dash\"></i>honest confidence</span></span></figcaption><svg viewBox=\"0 0 {} {}\" "
      "role=\"img\" aria-label=\"Calibration\"><g class=\"grid\">",
      kWidth, kBottom + 40);
  for (int tick = 0; tick <= 4; ++tick) {
    const double share = tick / 4.0;
    out += fmt::format("<path d=\"M{} {:.1f}h{}\"/><text class=\"y\" x=\"{}\" y=\"{:.1f}\">{:.0f} %</text>", kLeft,
                       kBottom - share * kSide, width, kLeft - 6, kBottom - share * kSide + 4, 100 * share);
    out += fmt::format("<text class=\"x\" x=\"{:.1f}\" y=\"{}\">{:.0f} %</text>", kLeft + share * width, kBottom + 18,
                       100 * share);
  }
  out += fmt::format("<text class=\"x name\" x=\"{}\" y=\"{}\">confidence of the prediction</text></g>",
                     kLeft + width / 2, kBottom + 35);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    if (bins[b].count == 0) continue;
    const double cell = width / static_cast<double>(bins.size()), height = std::max(2.0, bins[b].accuracy * kSide);
    out += fmt::format(
        "<g class=\"bar s1\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" "
        "fill-opacity=\"{:.2f}\"/><title>{} rows with a mean confidence of {:.1f} %: {:.1f} % right</title></g>",
        kLeft + cell * static_cast<double>(b) + 1.5, kBottom - height, cell - 3, height,
        0.3 + 0.6 * std::sqrt(static_cast<double>(bins[b].count) / static_cast<double>(most)),
        human_count(static_cast<double>(bins[b].count)), 100 * bins[b].confidence, 100 * bins[b].accuracy);
  }
  out += fmt::format("<path class=\"mark\" d=\"M{} {}L{} {}\"/></svg></figure>\n", kLeft, kBottom, kLeft + width, kTop);
  return out;
}

}  // namespace strop
