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

// The rows of the picture that lie in the cache, between zeros.
struct PictureRing {
  float *zeros, *ring;
  std::int64_t read;  // rows that went through it
};

STROP_INLINE PictureRing empty_ring(const PictureConv& work, const PictureRows& sizes, float* scratch) {
  __builtin_memset(scratch, 0, static_cast<std::size_t>((1 + work.kernel) * sizes.row) * sizeof(float));
  return {scratch, scratch + sizes.row, 0};
}

// rows[ky]: what result row `row` reads.
STROP_INLINE void rows_of(const PictureConv& work, const PictureRows& sizes, std::int64_t row, PictureRing& from,
                          const float** rows) {
  const std::int64_t first = row * work.stride - work.above, behind = first + work.kernel;
  if (from.read < first) from.read = first;
  for (; from.read < behind && from.read < work.height; ++from.read) {
    __builtin_memcpy(from.ring + from.read % work.kernel * sizes.row + sizes.inside, work.x + from.read * sizes.filled,
                     static_cast<std::size_t>(sizes.filled) * sizeof(float));
  }
  for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
    const std::int64_t at = first + ky;
    rows[ky] = at < 0 || at >= work.height ? from.zeros : from.ring + at % work.kernel * sizes.row;
  }
}

template <int kLanes, int kPixels>
STROP_INLINE void picture_pass(const PictureConv& work) {
  const PictureRows sizes(work);
  PictureRing ring = empty_ring(work, sizes, work.scratch);
  const float* rows[kMostTaps];
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    rows_of(work, sizes, row, ring, rows);
    float* const y = work.y + row * work.out_width * work.out;
    for (std::int64_t channel = 0; channel < work.out; channel += 2 * kLanes) {
      if (work.out - channel > kLanes) picture_line<kLanes, kPixels, 2>(work, rows, channel, y);
      else picture_line<kLanes, kPixels, 1>(work, rows, channel, y);
    }
  }
}

// sums[t * pitch] += sum over a row's results of g[p * pitch] * x[p * step + t], for kTaps taps and kVectors registers
// of channels.
template <int kLanes, int kTaps, int kVectors>
__attribute__((noinline)) void picture_sums(const float* g, const float* x, std::int64_t step, std::int64_t width,
                                            std::int64_t pitch, float* sums) {
  Vec<kLanes> all[kTaps][kVectors];
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(sums + t * pitch + v * kLanes, all[t][v]);
  }
#pragma GCC unroll 1
  for (std::int64_t p = 0; p < width; ++p) {
    Vec<kLanes> own[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(g + v * kLanes, own[v]);
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) all[t][v] += x[t] * own[v];
    }
    g += pitch;
    x += step;
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store<kLanes>(all[t][v], sums + t * pitch + v * kLanes);
  }
}

template <int kLanes, int kVectors>
STROP_INLINE void picture_row_sums(const PictureConv& work, const float* g, const float* x, std::int64_t pitch,
                                   float* sums) {
  constexpr int kTogether = 9;  // what a row of 3 x 3 taps of three colours reads
  const std::int64_t step = work.stride * work.in, reach = work.kernel * work.in;
  std::int64_t tap = 0;
  for (; tap + kTogether <= reach; tap += kTogether) {
    picture_sums<kLanes, kTogether, kVectors>(g, x + tap, step, work.out_width, pitch, sums + tap * pitch);
  }
  for (; tap < reach; ++tap) {
    picture_sums<kLanes, 1, kVectors>(g, x + tap, step, work.out_width, pitch, sums + tap * pitch);
  }
}

template <int kLanes>
STROP_INLINE void picture_gradient_pass(const PictureGradient& work) {
  const PictureConv& conv = work.conv;
  const PictureRows sizes(conv);
  const std::int64_t pitch = padded_channels(conv.out), row_taps = conv.kernel * conv.in;
  PictureRing ring = empty_ring(conv, sizes, work.scratch);
  float* const wide = ring.ring + conv.kernel * sizes.row;
  __builtin_memset(wide, 0, static_cast<std::size_t>(conv.out_width * pitch) * sizeof(float));
  const float* rows[kMostTaps];
  for (std::int64_t row = conv.begin; row < conv.end; ++row) {
    rows_of(conv, sizes, row, ring, rows);
    const float* g = work.g + row * conv.out_width * conv.out;
    if (conv.out < pitch) {
      copy_pixels(g, conv.out, conv.out, conv.out_width, wide, pitch);
      g = wide;
    }
    for (std::int64_t channel = 0; channel < pitch; channel += 2 * kLanes) {
      for (std::int64_t ky = 0; ky < conv.kernel; ++ky) {
        float* const sums = work.d_weight + ky * row_taps * pitch + channel;
        if (pitch - channel > kLanes) picture_row_sums<kLanes, 2>(conv, g + channel, rows[ky], pitch, sums);
        else picture_row_sums<kLanes, 1>(conv, g + channel, rows[ky], pitch, sums);
      }
    }
  }
}

}  // namespace
}  // namespace strop::kernels
