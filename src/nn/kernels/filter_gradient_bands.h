// How `filter_gradient` divides a picture, and its versions for each kind of processor.
#pragma once

#include <algorithm>

#include "nn/kernels/filter_gradient.h"

namespace strop::kernels {

// `rows` results at a time, which read `kept` rows of the picture.
struct GradientBands {
  std::int64_t rows, kept, columns, pitch;
  explicit GradientBands(const FilterGradient& work) {
    constexpr std::int64_t kBandFloats = 96 << 10;  // stays in the cache while each tap reads it
    pitch = padded_channels(work.channels);
    columns = (work.out_width - 1) * work.stride + work.kernel;
    const auto one = (work.stride * columns + work.out_width) * pitch;
    const auto first = (work.kernel - work.stride) * columns * pitch;
    rows = std::clamp<std::int64_t>((kBandFloats - first) / one, 1, work.out_height);
    kept = (rows - 1) * work.stride + work.kernel;
  }
  std::int64_t row() const { return columns * pitch; }
};

void filter_gradient_plain(const FilterGradient& work);
void filter_gradient_avx512(const FilterGradient& work);
void filter_gradient_avx2(const FilterGradient& work);

}  // namespace strop::kernels
