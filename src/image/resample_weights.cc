#include "image/resample_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace strop {
namespace {

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double bicubic(double x) {  // Keys with a = -1/2
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double support_of(Filter filter) {
  switch (filter) {
    case Filter::nearest:
    case Filter::box: return 0.5;
    case Filter::bilinear: return 1.0;
    case Filter::bicubic: return 2.0;
    case Filter::lanczos: return 3.0;
  }
  return 0;
}

double weight_at(Filter filter, double x) {
  switch (filter) {
    case Filter::nearest:
    case Filter::box: return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case Filter::bilinear: return std::max(0.0, 1.0 - std::abs(x));
    case Filter::bicubic: return bicubic(x);
    case Filter::lanczos: return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
  }
  return 0;
}

}  // namespace

ResampleWeights resample_weights(int in, int out, int begin, int length, Filter filter) {
  const double scale = static_cast<double>(in) / out;
  const double widened = std::max(scale, 1.0);
  const double support = support_of(filter) * widened;
  ResampleWeights table;
  table.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  const auto taps = static_cast<std::size_t>(table.taps);
  table.weights.assign(static_cast<std::size_t>(length) * taps, 0);
  std::vector<double> exact(taps);
  for (int i = 0; i < length; ++i) {
    const double center = (begin + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::min(static_cast<int>(center + support + 0.5), in) - first;
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      sum += exact[static_cast<std::size_t>(k)] = weight_at(filter, (k + first - center + 0.5) / widened);
    }
    table.first.push_back(first);
    table.count.push_back(count);
    for (int k = 0; k < count; ++k) {
      const double share = exact[static_cast<std::size_t>(k)] * (sum == 0.0 ? 1.0 : 1.0 / sum) * (1 << kWeightBits);
      table.weights[static_cast<std::size_t>(i) * taps + static_cast<std::size_t>(k)] =
          static_cast<std::int32_t>(share < 0 ? share - 0.5 : share + 0.5);
    }
  }
  return table;
}

}  // namespace strop
