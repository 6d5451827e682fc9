#include <fmt/format.h>

#include "image/augment/augmentation.h"

namespace strop {
namespace {

class RandomFlip : public Augmentation {
 public:
  RandomFlip(double horizontal, double vertical) : horizontal_(horizontal), vertical_(vertical) {}
  void apply(Picture& picture, Rng& rng) const override {
    if (rng.uniform() < horizontal_) flip_horizontal(picture);
    if (rng.uniform() < vertical_) flip_vertical(picture);
  }
  std::string describe() const override {
    return vertical_ > 0 ? fmt::format("flip {} vertical {}", horizontal_, vertical_)
                         : fmt::format("flip {}", horizontal_);
  }

 private:
  double horizontal_, vertical_;
};

}  // namespace

std::unique_ptr<Augmentation> random_flip(double horizontal, double vertical) {
  return std::make_unique<RandomFlip>(horizontal, vertical);
}

}  // namespace strop
