// How much training pictures are changed: everything that can be set, and four levels that set it.
#pragma once

#include <string>
#include <string_view>

#include "image/augment/augmentation.h"
#include "image/augment/random_crop.h"
#include "image/input_form.h"

namespace strop {

struct AugmentForm {
  bool random_crop = false;  // else the evaluation transform's fit
  RandomCrop crop;
  double flip = 0, vertical_flip = 0;  // probabilities
  ColorJitter jitter;
  RandomAffine affine;
  std::string policy;  // "" or a name that policy() knows
  RandomErasing erasing;
  bool operator==(const AugmentForm&) const = default;
};

// "none", "light", "medium", "strong"; Error(usage) naming the key `augment`.
AugmentForm augment_level(std::string_view name);

// The random changes behind the crop, in timm's order: flip, affine, policy or jitter, erasing. The fill of what comes
// in from outside is the mean colour.
Augmentations make_augmentations(const AugmentForm& augment, const InputForm& form);

// "crop 0.35..1, flip 0.5": what a person should know of it; "none".
std::string describe(const AugmentForm& augment, const InputForm& form);

}  // namespace strop
