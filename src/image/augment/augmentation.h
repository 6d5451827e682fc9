// One random change of a picture, and changes one after the other. Sizes stay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/rng.h"
#include "image/augment/geometry.h"
#include "image/picture.h"

namespace strop {

class Augmentation {
 public:
  virtual ~Augmentation() = default;
  // Takes everything random from `rng`, so the same key gives the same picture. Thread-safe.
  virtual void apply(Picture& picture, Rng& rng) const = 0;
  // As a person would set it: "flip 0.5", "randaugment n=2 m=9".
  virtual std::string describe() const = 0;
};

using Augmentations = std::vector<std::unique_ptr<Augmentation>>;

std::unique_ptr<Augmentation> random_flip(double horizontal, double vertical);

// torchvision's ColorJitter: factors from 1 - x to 1 + x (hue: turns up to x), in random order.
struct ColorJitter {
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;
  bool operator==(const ColorJitter&) const = default;
};
std::unique_ptr<Augmentation> color_jitter(const ColorJitter& jitter);

// torchvision's RandomAffine, bilinear: turned by up to `degrees`, shifted by up to `translate` of a side, scaled by
// scale_min to scale_max, sheared by up to `shear` degrees.
struct RandomAffine {
  double degrees = 0, translate = 0, scale_min = 1, scale_max = 1, shear = 0;
  bool operator==(const RandomAffine&) const = default;
};
std::unique_ptr<Augmentation> random_affine(const RandomAffine& affine, const Rgb& fill);
// One of them, for a picture of this size.
Affine draw_affine(const RandomAffine& range, int width, int height, Rng& rng);

// A policy by name: "randaugment" (torchvision's: 2 operations at 9 of 30), "trivialaugment" (torchvision's wide one:
// 1 operation at any strength), or as timm writes it "rand-m9-mstd0.5-n2-p0.5" (strength 9 of 10, deviation 0.5, each
// operation done with p; inc1 may stand there: all of ours change more with the strength). All draw from torchvision's
// 14 operations, nearest neighbour. Error(usage) naming `augment`.
std::unique_ptr<Augmentation> policy(const std::string& name, const Rgb& fill);

// torchvision's and timm's RandomErasing: with `probability` a rectangle of least_area to most_area of the picture, its
// ratio 0.3 to 3.3, becomes `fill` (the mean colour: 0 behind the normalisation).
struct RandomErasing {
  double probability = 0, least_area = 0.02, most_area = 1.0 / 3;
  bool operator==(const RandomErasing&) const = default;
};
std::unique_ptr<Augmentation> random_erasing(const RandomErasing& erasing, const Rgb& fill);

}  // namespace strop
