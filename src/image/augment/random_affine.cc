#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "image/augment/augmentation.h"

namespace strop {
namespace {

class AffineChange : public Augmentation {
 public:
  AffineChange(const RandomAffine& range, const Rgb& fill) : range_(range), fill_(fill) {}

  void apply(Picture& picture, Rng& rng) const override {
    picture = transform(picture.view(), draw_affine(range_, picture.width(), picture.height(), rng), Filter::bilinear,
                        fill_);
  }
  std::string describe() const override {
    return fmt::format("affine degrees={} translate={} scale={}..{} shear={}", range_.degrees, range_.translate,
                       range_.scale_min, range_.scale_max, range_.shear);
  }

 private:
  RandomAffine range_;
  Rgb fill_;
};

}  // namespace

Affine draw_affine(const RandomAffine& range, int width, int height, Rng& rng) {
  const auto radians = [&](double most) { return (2 * rng.uniform() - 1) * most * std::numbers::pi / 180; };
  const double angle = radians(range.degrees), shear = radians(range.shear);
  const double shift_x = (2 * rng.uniform() - 1) * range.translate * width;
  const double shift_y = (2 * rng.uniform() - 1) * range.translate * height;
  const double scale = range.scale_min + (range.scale_max - range.scale_min) * rng.uniform();
  // Backwards from the result: unshift, unturn, unshear, unscale, all about the middle.
  const double a = std::cos(angle) / scale, b = std::sin(angle) / scale, slope = std::tan(shear);
  Affine from = {a - slope * b, b + slope * a, 0, -b, a, 0};
  const double middle_x = width / 2.0, middle_y = height / 2.0;
  from[2] = middle_x - from[0] * (middle_x + shift_x) - from[1] * (middle_y + shift_y);
  from[5] = middle_y - from[3] * (middle_x + shift_x) - from[4] * (middle_y + shift_y);
  return from;
}

std::unique_ptr<Augmentation> random_affine(const RandomAffine& affine, const Rgb& fill) {
  return std::make_unique<AffineChange>(affine, fill);
}

}  // namespace strop
