// The inner loops over pixels, compiled for several processors (core/clones.h).
#pragma once

#include <cstddef>
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

// Each of `rows` rows of `width` pixels to weights->first.size() pixels.
void resample_across(const ResamplePass& pass, int width, int rows);
// weights->first.size() rows of `width` pixels from rows of `in`.
void resample_down(const ResamplePass& pass, int width);

// out[c] = in[c] * scale[c] + shift[c], by channel of the result; bgr: red and blue change places.
struct Normalisation {
  float scale[3];
  float shift[3];
  bool bgr;
};
// One row of pixels to three rows of floats, `plane` floats apart; to one row of three floats a pixel.
void normalise_planes(const std::uint8_t* in, int width, const Normalisation& values, float* out, std::ptrdiff_t plane);
void normalise_pixels(const std::uint8_t* in, int width, const Normalisation& values, float* out);

}  // namespace strop::kernels
