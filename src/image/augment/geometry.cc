#include "image/augment/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace strop {
namespace {

void nearest_pixel(const PictureView& view, double x, double y, std::uint8_t* to) {
  std::copy_n(view.row(static_cast<int>(y)) + 3 * static_cast<std::ptrdiff_t>(x), 3, to);
}

void bilinear_pixel(const PictureView& view, double x, double y, std::uint8_t* to) {
  const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
  const double dx = x - 0.5 - left, dy = y - 0.5 - top;
  const auto clamped = [](double at, int size) { return std::clamp(static_cast<int>(at), 0, size - 1); };
  const int x0 = 3 * clamped(left, view.width), x1 = 3 * clamped(left + 1, view.width);
  const std::uint8_t* above = view.row(clamped(top, view.height));
  const std::uint8_t* below = view.row(clamped(top + 1, view.height));
  for (int c = 0; c < 3; ++c) {
    const double first = above[x0 + c] + (above[x1 + c] - above[x0 + c]) * dx;
    const double second = below[x0 + c] + (below[x1 + c] - below[x0 + c]) * dx;
    to[c] = static_cast<std::uint8_t>(first + (second - first) * dy);
  }
}

}  // namespace

void flip_horizontal(Picture& picture) {
  for (int y = 0; y < picture.height(); ++y) {
    std::uint8_t* left = picture.row(y);
    std::uint8_t* right = left + picture.stride() - 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

void flip_vertical(Picture& picture) {
  for (int y = 0; y < picture.height() / 2; ++y) {
    std::swap_ranges(picture.row(y), picture.row(y) + picture.stride(), picture.row(picture.height() - 1 - y));
  }
}

Picture transform(const PictureView& view, const Affine& from, Filter filter, const Rgb& fill) {
  Picture out(view.width, view.height);
  for (int y = 0; y < view.height; ++y) {
    double at_x = from[0] * 0.5 + from[1] * (y + 0.5) + from[2];
    double at_y = from[3] * 0.5 + from[4] * (y + 0.5) + from[5];
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < view.width; ++x, to += 3, at_x += from[0], at_y += from[3]) {
      if (at_x < 0 || at_y < 0 || at_x >= view.width || at_y >= view.height) {
        std::copy(fill.begin(), fill.end(), to);
      } else if (filter == Filter::nearest) {
        nearest_pixel(view, at_x, at_y, to);
      } else {
        bilinear_pixel(view, at_x, at_y, to);
      }
    }
  }
  return out;
}

Picture rotate(const PictureView& view, double degrees, Filter filter, const Rgb& fill) {
  const double angle = -degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double middle_x = view.width / 2.0, middle_y = view.height / 2.0;
  return transform(view,
                   {cosine, sine, middle_x - cosine * middle_x - sine * middle_y, -sine, cosine,
                    middle_y + sine * middle_x - cosine * middle_y},
                   filter, fill);
}

}  // namespace strop
