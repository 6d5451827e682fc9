#include "tuning/logistic_line_search.h"

#include <algorithm>
#include <cmath>

namespace strop {
namespace {

constexpr double kFall = 1e-4, kFlat = 0.9;
constexpr int kTries = 40;

// Minimum of the cubic through two points with their slopes, kept off the ends of the interval.
double cubic_step(const LinePoint& a, const LinePoint& b) {
  const double sum = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double square = sum * sum - a.slope * b.slope;
  const double middle = 0.5 * (a.step + b.step);
  if (square < 0) return middle;
  const double root = std::copysign(std::sqrt(square), b.step - a.step);
  const double step = b.step - (b.step - a.step) * (b.slope + root - sum) / (b.slope - a.slope + 2 * root);
  const double margin = 0.1 * std::abs(b.step - a.step);
  const double low = std::min(a.step, b.step) + margin, high = std::max(a.step, b.step) - margin;
  return std::isfinite(step) ? std::clamp(step, low, high) : middle;
}

class Search {
 public:
  Search(const std::function<LinePoint(double)>& at, const LinePoint& start) : at_(at), start_(start) {}

  bool falls(const LinePoint& point) const { return point.value <= start_.value + kFall * point.step * start_.slope; }
  bool flat(const LinePoint& point) const { return std::abs(point.slope) <= -kFlat * start_.slope; }

  // Narrows the interval whose end `low` is the lower one and slopes towards `high`.
  LinePoint zoom(LinePoint low, LinePoint high) const {
    for (int i = 0; i < kTries && std::abs(high.step - low.step) > 1e-12 * std::abs(low.step); ++i) {
      const LinePoint point = at_(cubic_step(low, high));
      if (!falls(point) || point.value >= low.value) {
        high = point;
        continue;
      }
      if (flat(point)) return point;
      if (point.slope * (high.step - low.step) >= 0) high = low;
      low = point;
    }
    return low;
  }

 private:
  const std::function<LinePoint(double)>& at_;
  const LinePoint& start_;
};

}  // namespace

LinePoint strong_wolfe(const std::function<LinePoint(double)>& at, const LinePoint& start, double first) {
  const Search search(at, start);
  LinePoint last = start;
  double step = first;
  for (int i = 0; i < kTries; ++i) {
    const LinePoint point = at(step);
    if (!search.falls(point) || (i > 0 && point.value >= last.value)) return search.zoom(last, point);
    if (search.flat(point)) return point;
    if (point.slope >= 0) return search.zoom(point, last);
    last = point;
    step *= 2;
  }
  return last;
}

}  // namespace strop
