// The pass of `picture_conv`, for one kind of processor: as conv_pass.h.
#pragma once

#include "nn/kernels/conv_tile.h"
#include "nn/kernels/picture_conv_rows.h"

namespace strop::kernels {
namespace {

// kPixels results and kVectors registers of channels, of which the first `columns` are written. `rows`: where the
// results' taps begin in each row of the picture; a result reads `reach` floats of it, the next one's lie `step` on.
template <int kLanes, int kPixels, int kVectors>
__attribute__((noinline)) void picture_tile(const PictureConv& work, const float* const* rows, std::int64_t first,
                                            std::int64_t channel, float* y) {
  Vec<kLanes> sums[kPixels][kVectors];
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(work.bias + channel + v * kLanes, sums[p][v]);
  }
  const std::int64_t step = work.stride * work.in, reach = work.kernel * work.in, pitch = padded_channels(work.out);
  const float* weight = work.weight + channel;
  for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
    const float* x = rows[ky] + first * step;
#pragma GCC unroll 1
    for (std::int64_t i = 0; i < reach; ++i) {
      Vec<kLanes> line[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) load<kLanes>(weight + v * kLanes, line[v]);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) {
        const float pixel = x[p * step];
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) sums[p][v] += pixel * line[v];
      }
      ++x;
      weight += pitch;
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t at = channel + v * kLanes;
      if (at < work.out) {
        leave<kLanes>(sums[p][v], nullptr, work.out - at, work.finish, nullptr, y + (first + p) * work.out + at);
      }
    }
  }
}

template <int kLanes, int kPixels, int kVectors>
STROP_INLINE void picture_line(const PictureConv& work, const float* const* rows, std::int64_t channel, float* y) {
  std::int64_t pixel = 0;
  for (; pixel + kPixels <= work.out_width; pixel += kPixels) {
    picture_tile<kLanes, kPixels, kVectors>(work, rows, pixel, channel, y);
  }
  for (; pixel < work.out_width; ++pixel) picture_tile<kLanes, 1, kVectors>(work, rows, pixel, channel, y);
}

template <int kLanes, int kPixels>
STROP_INLINE void picture_pass(const PictureConv& work) {
  const PictureRows sizes(work);
  float* const zeros = work.scratch;
  float* const ring = zeros + sizes.row;
  __builtin_memset(zeros, 0, static_cast<std::size_t>((1 + work.kernel) * sizes.row) * sizeof(float));
  const float* rows[kMostTaps];
  std::int64_t read = 0;
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const std::int64_t first = row * work.stride - work.above, behind = first + work.kernel;
    if (read < first) read = first;
    for (; read < behind && read < work.height; ++read) {
      __builtin_memcpy(ring + read % work.kernel * sizes.row + sizes.inside, work.x + read * sizes.filled,
                       static_cast<std::size_t>(sizes.filled) * sizeof(float));
    }
    for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
      const std::int64_t from = first + ky;
      rows[ky] = from < 0 || from >= work.height ? zeros : ring + from % work.kernel * sizes.row;
    }
    float* const y = work.y + row * work.out_width * work.out;
    for (std::int64_t channel = 0; channel < work.out; channel += 2 * kLanes) {
      if (work.out - channel > kLanes) picture_line<kLanes, kPixels, 2>(work, rows, channel, y);
      else picture_line<kLanes, kPixels, 1>(work, rows, channel, y);
    }
  }
}

}  // namespace
}  // namespace strop::kernels
