// The inner loops over pixels, compiled for several processors (core/clones.h).
#pragma once

#include <cstdint>

#include "image/resample_weights.h"

namespace strop::kernels {

// Rows of a picture, three bytes a pixel; strides in bytes. 16 bytes behind the last pixel of `in` may be read.
struct ResamplePass {
  const std::uint8_t* in;
  std::ptrdiff_t in_stride;
  std::uint8_t* out;
  std::ptrdiff_t out_stride;
  const ResampleWeights* weights;
};

// Each of `rows` rows of `in` to weights->first.size() pixels.
void resample_across(const ResamplePass& pass, int rows);
// weights->first.size() rows of `width` pixels from rows of `in`.
void resample_down(const ResamplePass& pass, int width);

}  // namespace strop::kernels
