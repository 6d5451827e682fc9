#include "image/augment/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

struct Level {
  std::string_view name;
  double least_area;  // of the random crop; 1: none, the evaluation transform
  double flip;
  double jitter;  // brightness, contrast, saturation
  std::string_view policy;
  double erase;
};

// light: what a few epochs on a pretrained network stand; medium: timm's defaults with a gentler crop; strong: timm's
// recipe for long training.
// clang-format off
constexpr std::array<Level, 4> kLevels = {{
    // name    area  flip jitter policy             erase
    {"none",   1.00, 0.0, 0.0,   "",                0.00},
    {"light",  0.50, 0.5, 0.0,   "",                0.00},
    {"medium", 0.25, 0.5, 0.4,   "",                0.00},
    {"strong", 0.08, 0.5, 0.0,   "rand-m9-mstd0.5", 0.25},
}};
// clang-format on

Rgb mean_colour(const InputForm& form) {
  Rgb colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    colour[c] = static_cast<std::uint8_t>(std::clamp(std::lround(255 * form.mean[c]), 0L, 255L));
  }
  return colour;
}

}  // namespace

AugmentForm augment_level(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& level : kLevels) {
    names.emplace_back(level.name);
    if (level.name != name) continue;
    AugmentForm form;
    form.random_crop = level.least_area < 1;
    if (form.random_crop) form.crop.least_area = level.least_area;
    form.flip = level.flip;
    form.jitter = {level.jitter, level.jitter, level.jitter, 0};
    form.policy = level.policy;
    form.erasing.probability = level.erase;
    return form;
  }
  fail(ErrorKind::usage, "augment: found '{}', expected one of {}", excerpt(name), join(names, ", "));
}

Augmentations make_augmentations(const AugmentForm& augment, const InputForm& form) {
  const Rgb fill = mean_colour(form);
  Augmentations list;
  if (augment.flip > 0 || augment.vertical_flip > 0) list.push_back(random_flip(augment.flip, augment.vertical_flip));
  if (augment.affine != RandomAffine{}) list.push_back(random_affine(augment.affine, fill));
  if (!augment.policy.empty()) list.push_back(policy(augment.policy, fill));
  if (augment.jitter != ColorJitter{}) list.push_back(color_jitter(augment.jitter));
  if (augment.erasing.probability > 0) list.push_back(random_erasing(augment.erasing, fill));
  return list;
}

std::string describe(const AugmentForm& augment, const InputForm& form) {
  std::vector<std::string> parts;
  if (augment.random_crop) {
    parts.push_back(fmt::format("crop {}..{}", augment.crop.least_area, augment.crop.most_area));
  }
  for (const auto& change : make_augmentations(augment, form)) parts.push_back(change->describe());
  return parts.empty() ? "none" : join(parts, ", ");
}

}  // namespace strop
