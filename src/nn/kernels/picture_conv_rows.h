// How `picture_conv` holds a picture, and its versions for each kind of processor.
#pragma once

#include <algorithm>

#include "nn/kernels/picture_conv.h"

namespace strop::kernels {

// A ring of `kernel` rows between zeros, and one row of zeros. In floats.
struct PictureRows {
  std::int64_t row, inside, filled;  // a row; its zeros before the picture; what the picture fills of it
  explicit PictureRows(const PictureConv& work) {
    inside = work.left * work.in;
    row = std::max((work.out_width - 1) * work.stride + work.kernel, work.left + work.width) * work.in;
    filled = work.width * work.in;
  }
};

void picture_conv_plain(const PictureConv& work);
void picture_conv_avx512(const PictureConv& work);
void picture_conv_avx2(const PictureConv& work);

void picture_gradient_plain(const PictureGradient& work);
void picture_gradient_avx512(const PictureGradient& work);
void picture_gradient_avx2(const PictureGradient& work);

}  // namespace strop::kernels
