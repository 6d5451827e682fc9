// The pass of `filter_gradient` over a picture, for one kind of processor: as conv_pass.h.
#pragma once

#include "nn/kernels/filter_gradient_bands.h"
#include "nn/kernels/tap_sums.h"

namespace strop::kernels {
namespace {

template <int kLanes, int kKernel, int kStride>
STROP_INLINE void gradient_pass(const FilterGradient& work) {
  const GradientBands bands(work);
  float* const xs = work.scratch;  // rows of the picture between zeros
  float* const gs = xs + bands.kept * bands.row();
  const std::int64_t behind = bands.columns - work.left,
                     inside = work.width < behind ? work.width : behind;  // columns that are read
  const std::int64_t g_row = work.out_width * bands.pitch;
  // What the picture doesn't fill stays zero.
  __builtin_memset(xs, 0, static_cast<std::size_t>(bands.kept * bands.row() + bands.rows * g_row) * sizeof(float));
  for (std::int64_t first = 0; first < work.out_height; first += bands.rows) {
    const std::int64_t left = work.out_height - first, rows = left < bands.rows ? left : bands.rows;
    for (std::int64_t i = 0; i < (rows - 1) * kStride + kKernel; ++i) {
      const std::int64_t row = first * kStride - work.above + i;
      float* const to = xs + i * bands.row();
      if (row < 0 || row >= work.height) {
        __builtin_memset(to, 0, static_cast<std::size_t>(bands.row()) * sizeof(float));
        continue;
      }
      copy_pixels(work.x + row * work.width * work.channels, work.channels, work.channels, inside,
                  to + work.left * bands.pitch, bands.pitch);
    }
    const float* g = work.g + first * work.out_width * work.channels;
    if (work.channels < bands.pitch) {
      copy_pixels(g, work.channels, work.channels, rows * work.out_width, gs, bands.pitch);
      g = gs;
    }
    for (std::int64_t channel = 0; channel < bands.pitch; channel += kLanes) {
      for (std::int64_t ky = 0; ky < kKernel; ++ky) {
        add_taps<kLanes, kKernel, kStride>(
            {g, xs + ky * bands.row(), rows, work.out_width, g_row, kStride * bands.row(), bands.pitch}, channel,
            work.d_filter + ky * kKernel * bands.pitch);
      }
    }
  }
}

template <int kLanes>
STROP_INLINE void gradient_pass(const FilterGradient& work) {
  if (work.kernel == 3) {
    return work.stride == 1 ? gradient_pass<kLanes, 3, 1>(work) : gradient_pass<kLanes, 3, 2>(work);
  }
  if (work.kernel == 5) {
    return work.stride == 1 ? gradient_pass<kLanes, 5, 1>(work) : gradient_pass<kLanes, 5, 2>(work);
  }
  work.stride == 1 ? gradient_pass<kLanes, 7, 1>(work) : gradient_pass<kLanes, 7, 2>(work);
}

}  // namespace
}  // namespace strop::kernels
