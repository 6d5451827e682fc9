// torchvision's RandomResizedCrop: which part of a picture training sees.
#pragma once

#include "core/rng.h"
#include "image/picture.h"

namespace strop {

struct RandomCrop {
  double least_area = 0.08, most_area = 1.0;           // shares of the picture
  double least_ratio = 3.0 / 4, most_ratio = 4.0 / 3;  // width / height, drawn evenly in its logarithm

  // Ten tries, then the largest part in the middle whose ratio is allowed.
  Box choose(int width, int height, Rng& rng) const;
  bool operator==(const RandomCrop&) const = default;
};

}  // namespace strop
