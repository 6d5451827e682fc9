// The inner loops of the convolutions: a tile of pixels times two vectors of channels, held in registers.
// Included as registers.h is.
#pragma once

#include "nn/kernels/conv.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/registers.h"

namespace strop::kernels {
namespace {

template <int kLanes>
STROP_INLINE void clip(float least, float most, Vec<kLanes>& z) {
  const Vec<kLanes> low = Vec<kLanes>{} + least, high = Vec<kLanes>{} + most;
  z = z < low ? low : z;
  z = z > high ? high : z;
}

template <int kLanes>
STROP_INLINE void bend(const Finish& finish, Vec<kLanes>& z) {
  if (finish.bend == Bend::clip) return clip<kLanes>(finish.low, finish.high, z);
  if (finish.bend == Bend::silu) {
    // By registers: of a loop over their numbers GCC makes two, as it works out what follows take_exp's limits for
    // each of them, and divides twice.
    Vec<kLanes> power = -z;
    take_exp<Vec<kLanes>, typename Register<kLanes>::bits>(power);
    z /= 1.0F + power;
  } else {
    Vec<kLanes> gate = z + 3.0F;
    clip<kLanes>(0, 6, gate);
    z *= gate * (1.0F / 6.0F);
  }
}

// Pixels of `channels` floats, from where they lie from_pitch floats apart to where they lie to_pitch apart; what is
// between them stays as it is.
STROP_INLINE void copy_pixels(const float* from, std::int64_t from_pitch, std::int64_t channels, std::int64_t pixels,
                              float* to, std::int64_t to_pitch) {
  if (from_pitch == channels && to_pitch == channels) {
    __builtin_memcpy(to, from, static_cast<std::size_t>(pixels * channels) * sizeof(float));
    return;
  }
  for (std::int64_t p = 0; p < pixels; ++p) {
    __builtin_memcpy(to + p * to_pitch, from + p * from_pitch, static_cast<std::size_t>(channels) * sizeof(float));
  }
}

// As leave, where fewer than kLanes channels are left.
template <int kLanes>
__attribute__((noinline)) void leave_some(const float* sum, const float* residual, std::int64_t columns,
                                          const Finish& finish, float* raw, float* out) {
  float lanes[kLanes] = {};
  if (residual != nullptr) __builtin_memcpy(lanes, residual, static_cast<std::size_t>(columns) * sizeof(float));
  Vec<kLanes> whole;
  load<kLanes>(sum, whole);
  add_floats<kLanes>(lanes, whole);
  __builtin_memcpy(lanes, &whole, sizeof(lanes));
  if (raw != nullptr) __builtin_memcpy(raw, lanes, static_cast<std::size_t>(columns) * sizeof(float));
  bend<kLanes>(finish, whole);
  __builtin_memcpy(lanes, &whole, sizeof(lanes));
  __builtin_memcpy(out, lanes, static_cast<std::size_t>(columns) * sizeof(float));
}

// The first `columns` of a finished sum; as it was before its finish at `raw`, which may be null.
template <int kLanes>
STROP_INLINE void leave(Vec<kLanes>& sum, const float* residual, std::int64_t columns, const Finish& finish, float* raw,
                        float* out) {
  if (columns < kLanes) {
    float lanes[kLanes];
    __builtin_memcpy(lanes, &sum, sizeof(lanes));
    return leave_some<kLanes>(lanes, residual, columns, finish, raw, out);
  }
  if (residual != nullptr) add_floats<kLanes>(residual, sum);
  if (raw != nullptr) store<kLanes>(sum, raw);
  bend<kLanes>(finish, sum);
  store<kLanes>(sum, out);
}

// What a product reads and leaves for each of its pixels p: inputs i at x[p * x_stride + i * x_step]; at residual + p *
// out_stride what is added to the sums; at raw + p * out_stride the sums before their finish. Both may be null.
struct Rows {
  const float* x;
  std::int64_t x_stride, x_step;
  const float* residual;
  float* raw;
  std::int64_t out_stride;

  Rows behind(std::int64_t pixels) const {
    return {x + pixels * x_stride,
            x_stride,
            x_step,
            residual == nullptr ? nullptr : residual + pixels * out_stride,
            raw == nullptr ? nullptr : raw + pixels * out_stride,
            out_stride};
  }
};

// Input i's weights for register v of channels at values[i * step + v * next].
struct Weights {
  const float* values;
  std::int64_t step, next;
};

// to[p][channel + c] = finish(bias[c] + sum_i x[p][i] * weight[i][c] + residual[p][channel + c]) for kPixels pixels and
// kVectors registers of channels, of which the first `columns` are written.
//
// A function by itself: within a larger one the compiler keeps other things in registers and the sums in memory.
template <int kLanes, int kPixels, int kVectors>
__attribute__((noinline)) void product_tile(const Rows& from, std::int64_t in, const Weights& weight, const float* bias,
                                            std::int64_t channel, std::int64_t columns, const Finish& finish,
                                            float* const* to) {
  Vec<kLanes> sums[kPixels][kVectors];
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(bias + v * kLanes, sums[p][v]);
  }
  const std::int64_t stride = from.x_stride;
  const float *x = from.x, *values = weight.values;
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < in; ++i) {
    Vec<kLanes> line[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(values + v * weight.next, line[v]);
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) {
      const float pixel = x[p * stride];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[p][v] += pixel * line[v];
    }
    x += from.x_step;
    values += weight.step;
  }
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t at = channel + v * kLanes;
      const std::int64_t place = p * from.out_stride + at;
      leave<kLanes>(sums[p][v], from.residual == nullptr ? nullptr : from.residual + place, columns - v * kLanes,
                    finish, from.raw == nullptr ? nullptr : from.raw + place, to[p] + at);
    }
  }
}

// One row of results: taps lie `rows[ky] + kx * dilation * pitch` floats apart, results `stride` pixels of the input.
// `pitch`: floats from a pixel to the next, in the input and in the filter from a tap to the next.
struct FilterRow {
  const float* const* rows;  // `kernel` rows of the input, zeros around them
  const float* filter;
  const float* bias;
  float* y;
  std::int64_t pitch, kernel, stride, dilation, width, y_pitch;
};

// kPixels results of kLanes channels. kKernel and kStride: those of the work where it has no dilation, so that pixels
// which several results read are loaded once; 0 for any work.
template <int kLanes, int kPixels, int kKernel, int kStride>
__attribute__((noinline)) void filter_tile(const FilterRow& work, std::int64_t pixel, std::int64_t channel,
                                           std::int64_t columns, const Finish& finish) {
  Vec<kLanes> sums[kPixels];
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) load<kLanes>(work.bias + channel, sums[p]);
  const float* weight = work.filter + channel;
  for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
    const float* row = work.rows[ky] + pixel * work.stride * work.pitch + channel;
    if constexpr (kKernel > 0) {
      Vec<kLanes> taps[kKernel];
#pragma GCC unroll 8
      for (int kx = 0; kx < kKernel; ++kx) load<kLanes>(weight + kx * work.pitch, taps[kx]);
#pragma GCC unroll 24
      for (int x = 0; x < (kPixels - 1) * kStride + kKernel; ++x) {
        Vec<kLanes> in;
        load<kLanes>(row, in);
        row += work.pitch;
        asm("" : "+r"(row));  // else the compiler works out all of these places first, and has no room for them
#pragma GCC unroll 8
        for (int kx = 0; kx < kKernel; ++kx) {
          if (x >= kx && (x - kx) % kStride == 0 && (x - kx) / kStride < kPixels)
            sums[(x - kx) / kStride] += in * taps[kx];
        }
      }
    } else {
      for (std::int64_t kx = 0; kx < work.kernel; ++kx) {
        Vec<kLanes> tap;
        load<kLanes>(weight + kx * work.pitch, tap);
        const float* const at = row + kx * work.dilation * work.pitch;
#pragma GCC unroll 16
        for (int p = 0; p < kPixels; ++p) {
          Vec<kLanes> in;
          load<kLanes>(at + p * work.stride * work.pitch, in);
          sums[p] += in * tap;
        }
      }
    }
    weight += work.kernel * work.pitch;
  }
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
    leave<kLanes>(sums[p], nullptr, columns, finish, nullptr, work.y + (pixel + p) * work.y_pitch + channel);
  }
}

}  // namespace
}  // namespace strop::kernels
