// Sums of a filter's gradient, for one kind of processor: as conv_tile.h.
#pragma once

#include "nn/kernels/conv_tile.h"

namespace strop::kernels {
namespace {

// Pixels whose gradients are held in registers.
constexpr int kHeld = 7;

// Rows of gradients and, for one row of the filter's taps, those of the picture that they stand for: result i of a row
// reads pixels i * stride and on. A row begins so many floats behind the one before, a pixel `pitch`.
struct TapRows {
  const float* g;
  const float* x;
  std::int64_t rows, width, g_row, x_row, pitch;
};

template <int kLanes, int kPixels, int kKernel, int kStride>
STROP_INLINE void add_pixels_of(const float* g, const float* x, std::int64_t pitch, Vec<kLanes> (&sums)[kKernel]) {
  Vec<kLanes> held[kPixels];
#pragma GCC unroll 8
  for (int p = 0; p < kPixels; ++p) load<kLanes>(g + p * pitch, held[p]);
#pragma GCC unroll 24
  for (int i = 0; i < (kPixels - 1) * kStride + kKernel; ++i) {
    Vec<kLanes> in;
    load<kLanes>(x, in);
    x += pitch;
    asm("" : "+r"(x));  // as in filter_tile
#pragma GCC unroll 8
    for (int kx = 0; kx < kKernel; ++kx) {
      if (i >= kx && (i - kx) % kStride == 0 && (i - kx) / kStride < kPixels) sums[kx] += in * held[(i - kx) / kStride];
    }
  }
}

// sums[kx * pitch] += sum over rows and pixels of g[pixel] * x[pixel * stride + kx], for kLanes channels from
// `channel`.
template <int kLanes, int kKernel, int kStride>
__attribute__((noinline)) void add_taps(const TapRows& work, std::int64_t channel, float* sums) {
  Vec<kLanes> all[kKernel];
#pragma GCC unroll 8
  for (int kx = 0; kx < kKernel; ++kx) load<kLanes>(sums + kx * work.pitch + channel, all[kx]);
  for (std::int64_t row = 0; row < work.rows; ++row) {
    const float *g = work.g + row * work.g_row + channel, *x = work.x + row * work.x_row + channel;
    std::int64_t pixel = 0;
    for (; pixel + kHeld <= work.width; pixel += kHeld) {
      add_pixels_of<kLanes, kHeld, kKernel, kStride>(g, x, work.pitch, all);
      g += kHeld * work.pitch;
      x += kHeld * kStride * work.pitch;
    }
    for (; pixel < work.width; ++pixel) {
      add_pixels_of<kLanes, 1, kKernel, kStride>(g, x, work.pitch, all);
      g += work.pitch;
      x += kStride * work.pitch;
    }
  }
#pragma GCC unroll 8
  for (int kx = 0; kx < kKernel; ++kx) store<kLanes>(all[kx], sums + kx * work.pitch + channel);
}

}  // namespace
}  // namespace strop::kernels
