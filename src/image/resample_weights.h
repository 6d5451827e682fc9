// Which input pixels make an output pixel, with which weights: Pillow's formula for one axis.
#pragma once

#include <cstdint>
#include <vector>

#include "image/resize.h"

namespace strop {

constexpr int kWeightBits = 22;  // fixed point: 8 bits of pixel, 2 bits of head room, in 32

struct ResampleWeights {
  int taps = 0;                       // weights stored an output pixel; unused ones are 0
  std::vector<int> first;             // first input pixel of each output pixel
  std::vector<int> count;             // input pixels used, at most `taps`
  std::vector<std::int32_t> weights;  // [output pixel][taps], scaled by 2^kWeightBits, summing to about that
};

// Output pixels begin .. begin + length - 1 of `out` ones made from `in` input pixels. The filter is not nearest.
ResampleWeights resample_weights(int in, int out, int begin, int length, Filter filter);

}  // namespace strop
