#include <fmt/format.h>

#include <algorithm>

#include "image/augment/augmentation.h"
#include "image/augment/color.h"

namespace strop {
namespace {

class Jitter : public Augmentation {
 public:
  explicit Jitter(const ColorJitter& jitter) : jitter_(jitter) {}

  void apply(Picture& picture, Rng& rng) const override {
    std::vector<int> order = {0, 1, 2, 3};
    rng.shuffle(order);
    for (const int what : order) {
      const double draw = 2 * rng.uniform() - 1;
      const auto factor = [&](double range) { return std::max(0.0, 1 + draw * range); };
      if (what == 0 && jitter_.brightness > 0) adjust_brightness(picture, factor(jitter_.brightness));
      if (what == 1 && jitter_.contrast > 0) adjust_contrast(picture, factor(jitter_.contrast));
      if (what == 2 && jitter_.saturation > 0) adjust_saturation(picture, factor(jitter_.saturation));
      if (what == 3 && jitter_.hue > 0) adjust_hue(picture, draw * jitter_.hue);
    }
  }
  std::string describe() const override {
    return fmt::format("jitter brightness={} contrast={} saturation={} hue={}", jitter_.brightness, jitter_.contrast,
                       jitter_.saturation, jitter_.hue);
  }

 private:
  ColorJitter jitter_;
};

}  // namespace

std::unique_ptr<Augmentation> color_jitter(const ColorJitter& jitter) { return std::make_unique<Jitter>(jitter); }

}  // namespace strop
