#include "image/augment/random_crop.h"

#include <algorithm>
#include <cmath>

namespace strop {

Box RandomCrop::choose(int width, int height, Rng& rng) const {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * (least_area + (most_area - least_area) * rng.uniform());
    const double ratio = least_ratio * std::pow(most_ratio / least_ratio, rng.uniform());
    const auto w = static_cast<int>(std::lround(std::sqrt(target * ratio)));
    const auto h = static_cast<int>(std::lround(std::sqrt(target / ratio)));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const auto y = static_cast<int>(rng.below(static_cast<std::uint64_t>(height - h + 1)));
    const auto x = static_cast<int>(rng.below(static_cast<std::uint64_t>(width - w + 1)));
    return {x, y, w, h};
  }
  const double ratio = std::clamp(static_cast<double>(width) / height, least_ratio, most_ratio);
  const int w = std::clamp(static_cast<int>(std::lround(height * ratio)), 1, width);
  const int h = std::clamp(static_cast<int>(std::lround(width / ratio)), 1, height);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

}  // namespace strop
