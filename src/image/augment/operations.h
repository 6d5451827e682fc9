// The operations that RandAugment and TrivialAugment draw from: torchvision's names, ranges and signs.
#pragma once

#include <span>
#include <string_view>

#include "image/augment/geometry.h"
#include "image/picture.h"

namespace strop {

// Ranges grow with the strength, 0 .. 1, to the most of the one or the other policy.
enum class OperationRange { rand_augment, trivial_augment };

struct Operation {
  std::string_view name;
  bool has_sign = false;    // done in either direction
  double rand_most = 0;     // magnitude at strength 1 in RandAugment
  double trivial_most = 0;  // and in TrivialAugment
  void (*apply)(Picture& picture, double magnitude, const Rgb& fill) = nullptr;
};

std::span<const Operation> operations();

// `sign` is +1 or -1; it counts where the operation has one.
void apply_operation(const Operation& operation, OperationRange range, double strength, int sign, Picture& picture,
                     const Rgb& fill);

}  // namespace strop
