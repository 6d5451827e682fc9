#include "data/boxes/input_sides.h"

#include <numeric>

#include "core/error.h"
#include "core/rng.h"

namespace strop {
namespace {

constexpr std::int64_t kSideStep = 32;
constexpr double kRounding = 1e-6;

}  // namespace

InputSides::InputSides(const InputForm& form, double share, std::int64_t stride, std::uint64_t seed)
    : own_(form.width), seed_(seed) {
  if (form.width != form.height) {
    fail(ErrorKind::usage,
         "multi_scale: the inputs have {} x {} pixels; expected squares: set image_size, or multi_scale=0", form.width,
         form.height);
  }
  const auto step = static_cast<int>(std::lcm(kSideStep, stride));
  for (int side = step; side <= (1 + share) * own_ + kRounding; side += step) {
    if (side >= (1 - share) * own_ - kRounding) sides_.push_back(side);
  }
  if (sides_.size() < 2) {
    fail(ErrorKind::usage,
         "multi_scale: {} of {} pixels leaves fewer than two multiples of {}; set a larger share (at most "
         "0.5) or a larger image_size",
         share, own_, step);
  }
}

int InputSides::at(std::int64_t step) const {
  if (!vary()) return own_;
  return sides_[Rng(seed_, RngUse::augment, {static_cast<std::uint64_t>(step / kSteps)}).below(sides_.size())];
}

double InputSides::largest_area() const {
  if (!vary()) return 1;
  const double ratio = static_cast<double>(sides_.back()) / own_;
  return ratio * ratio;
}

double InputSides::mean_area() const {
  if (!vary()) return 1;
  double sum = 0;
  for (const double side : sides_) sum += side * side;
  return sum / static_cast<double>(sides_.size()) / own_ / own_;
}

}  // namespace strop
