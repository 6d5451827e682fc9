#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "image/augment/augmentation.h"

namespace strop {
namespace {

constexpr double kLeastRatio = 0.3, kMostRatio = 3.3;  // height / width

class Erasing : public Augmentation {
 public:
  Erasing(const RandomErasing& erasing, const Rgb& fill) : erasing_(erasing), fill_(fill) {}

  void apply(Picture& picture, Rng& rng) const override {
    if (rng.uniform() >= erasing_.probability) return;
    const double area = static_cast<double>(picture.width()) * picture.height();
    for (int attempt = 0; attempt < 10; ++attempt) {
      const double target = area * (erasing_.least_area + (erasing_.most_area - erasing_.least_area) * rng.uniform());
      const double ratio = kLeastRatio * std::pow(kMostRatio / kLeastRatio, rng.uniform());
      const auto h = static_cast<int>(std::lround(std::sqrt(target * ratio)));
      const auto w = static_cast<int>(std::lround(std::sqrt(target / ratio)));
      if (w >= picture.width() || h >= picture.height()) continue;
      const auto y = static_cast<int>(rng.below(static_cast<std::uint64_t>(picture.height() - h + 1)));
      const auto x = static_cast<int>(rng.below(static_cast<std::uint64_t>(picture.width() - w + 1)));
      erase(picture, {x, y, w, h});
      return;
    }
  }
  std::string describe() const override { return fmt::format("erase {}", erasing_.probability); }

 private:
  void erase(Picture& picture, const Box& box) const {
    for (int y = box.y; y < box.y + box.height; ++y) {
      std::uint8_t* to = picture.row(y) + 3 * std::ptrdiff_t{box.x};
      for (int x = 0; x < box.width; ++x) to = std::copy(fill_.begin(), fill_.end(), to);
    }
  }

  RandomErasing erasing_;
  Rgb fill_;
};

}  // namespace

std::unique_ptr<Augmentation> random_erasing(const RandomErasing& erasing, const Rgb& fill) {
  return std::make_unique<Erasing>(erasing, fill);
}

}  // namespace strop
