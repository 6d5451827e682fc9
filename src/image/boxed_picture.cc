#include "image/boxed_picture.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace strop {
namespace {

constexpr double kLeastShare = 0.2, kLeastSide = 2;

Rect cut(const Rect& box, double width, double height) {
  const double left = std::clamp(box.x, 0.0, width), top = std::clamp(box.y, 0.0, height);
  return {left, top, std::clamp(box.right(), 0.0, width) - left, std::clamp(box.bottom(), 0.0, height) - top};
}

}  // namespace

Rect Placement::to_picture(const Rect& box, int width, int height) const {
  const Rect whole{(box.x - x) / scale_x, (box.y - y) / scale_y, box.width / scale_x, box.height / scale_y};
  return cut(whole, width, height);
}

Placement placement_of(int width, int height, const InputForm& form) {
  const double by_width = static_cast<double>(form.width) / width,
               by_height = static_cast<double>(form.height) / height;
  if (form.fit == Fit::squash) return {by_width, by_height, 0, 0};
  if (form.fit == Fit::crop) fail(ErrorKind::usage, "fit: crop would cut boxes off; expected letterbox or squash");
  const double scale = std::min(by_width, by_height);
  return {scale, scale, 0, 0};
}

Picture place_picture(const PictureView& view, const InputForm& form) {
  if (form.fit == Fit::squash) return resize(view, form.width, form.height, form.interpolation);
  return letterbox(view, form, false).picture;
}

std::vector<TrueBox> boxes_inside(std::vector<TrueBox> boxes, int width, int height) {
  std::vector<TrueBox> kept;
  for (auto& box : boxes) {
    const Rect inside = cut(box.rect, width, height);
    // (x + width) - x is often a rounding less than width.
    const auto thinned = [](double now, double before) { return now < std::min(kLeastSide, before) * (1 - 1e-9); };
    const bool thin = thinned(inside.width, box.rect.width) || thinned(inside.height, box.rect.height);
    if (thin || inside.area() <= 0 || inside.area() < kLeastShare * box.rect.area()) continue;
    box.rect = inside;
    kept.push_back(box);
  }
  return kept;
}

}  // namespace strop
