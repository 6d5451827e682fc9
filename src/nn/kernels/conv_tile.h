// The inner loops of the convolutions: a tile of pixels times a panel of channels, held in registers.
#pragma once

#include "nn/kernels/conv.h"
#include "nn/kernels/dispatch.h"

namespace strop::kernels {

// Pixels of a product's tile: with two AVX registers a panel, 12 sums, 2 weights and a pixel fill the 16 there are.
constexpr std::int64_t kPixels = 6;
// Pixels of a filter's tile.
constexpr std::int64_t kFiltered = 4;

template <Bend kBend>
STROP_INLINE float bent(float z, const Finish& finish) {
  if constexpr (kBend == Bend::silu) return z / (1.0F + fast_exp(-z));
  if constexpr (kBend == Bend::hardswish) {
    const float gate = z + 3.0F;
    return z * (gate < 0.0F ? 0.0F : gate > 6.0F ? 6.0F : gate) * (1.0F / 6.0F);
  }
  const float above = z < finish.low ? finish.low : z;
  return above > finish.high ? finish.high : above;
}

// One pixel after the other: with all six in one loop, the compiler keeps six pixels and spills the sums.
template <int kColumns>
STROP_INLINE void add_scaled(float scale, const float* line, float* sum) {
#pragma omp simd
  for (int c = 0; c < kColumns; ++c) sum[c] += scale * line[c];
}

// The finished sums of one pixel, the first `columns` of them. No lambda: GCC would compile it once, for the plainest
// processor, and call it.
template <int kColumns, Bend kBend>
STROP_INLINE void leave(const float* sum, const float* residual, std::int64_t columns, const Finish& finish, float* out) {
  if (columns != kColumns) {
    for (std::int64_t c = 0; c < columns; ++c) out[c] = bent<kBend>(residual == nullptr ? sum[c] : sum[c] + residual[c], finish);
  } else if (residual == nullptr) {
#pragma omp simd
    for (int c = 0; c < kColumns; ++c) out[c] = bent<kBend>(sum[c], finish);
  } else {
#pragma omp simd
    for (int c = 0; c < kColumns; ++c) out[c] = bent<kBend>(sum[c] + residual[c], finish);
  }
}

// to[p][channel + c] = finish(bias[c] + sum_i x[p][i] * weight[i][c] + residual[p][channel + c]) for kPixels pixels and
// kColumns channels of a panel, of which the first `columns` are written.
template <int kColumns, Bend kBend>
STROP_INLINE void product_tile(const float* const* x, std::int64_t in, const float* weight, const float* bias,
                               const float* const* residual, std::int64_t channel, std::int64_t columns,
                               const Finish& finish, float* const* to) {
  const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3], *x4 = x[4], *x5 = x[5];
  float s0[kColumns], s1[kColumns], s2[kColumns], s3[kColumns], s4[kColumns], s5[kColumns];
#pragma omp simd
  for (int c = 0; c < kColumns; ++c) s0[c] = s1[c] = s2[c] = s3[c] = s4[c] = s5[c] = bias[c];
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < in; ++i) {
    const float* const line = weight + i * kPanel;
    add_scaled<kColumns>(x0[i], line, s0);
    add_scaled<kColumns>(x1[i], line, s1);
    add_scaled<kColumns>(x2[i], line, s2);
    add_scaled<kColumns>(x3[i], line, s3);
    add_scaled<kColumns>(x4[i], line, s4);
    add_scaled<kColumns>(x5[i], line, s5);
  }
  leave<kColumns, kBend>(s0, residual == nullptr ? nullptr : residual[0] + channel, columns, finish, to[0] + channel);
  leave<kColumns, kBend>(s1, residual == nullptr ? nullptr : residual[1] + channel, columns, finish, to[1] + channel);
  leave<kColumns, kBend>(s2, residual == nullptr ? nullptr : residual[2] + channel, columns, finish, to[2] + channel);
  leave<kColumns, kBend>(s3, residual == nullptr ? nullptr : residual[3] + channel, columns, finish, to[3] + channel);
  leave<kColumns, kBend>(s4, residual == nullptr ? nullptr : residual[4] + channel, columns, finish, to[4] + channel);
  leave<kColumns, kBend>(s5, residual == nullptr ? nullptr : residual[5] + channel, columns, finish, to[5] + channel);
}

// A panel of kFiltered results of one row: taps lie `row[y] + x * step` floats apart, results `stride` pixels of the
// input. `pitch`: floats from a pixel to the next, in the input and in the filter from a tap to the next.
struct FilterRow {
  const float* const* rows;  // `kernel` rows of the input, zeros around them
  const float* filter;
  const float* bias;
  float* y;
  std::int64_t pitch, kernel, stride, dilation, width, y_pitch;
};

STROP_INLINE void add_product(const float* line, const float* weight, float* sum) {
#pragma omp simd
  for (int c = 0; c < kPanel; ++c) sum[c] += line[c] * weight[c];
}

template <Bend kBend>
STROP_INLINE void filter_tile(const FilterRow& work, std::int64_t pixel, std::int64_t channel, std::int64_t columns, const Finish& finish) {
  const float* const bias = work.bias + channel;
  float s0[kPanel], s1[kPanel], s2[kPanel], s3[kPanel];
#pragma omp simd
  for (int c = 0; c < kPanel; ++c) s0[c] = s1[c] = s2[c] = s3[c] = bias[c];
  const std::int64_t next = work.stride * work.pitch;
  const float* weight = work.filter + channel;
  for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
    const float* at = work.rows[ky] + pixel * next + channel;
#pragma GCC unroll 1
    for (std::int64_t kx = 0; kx < work.kernel; ++kx) {
      add_product(at, weight, s0);
      add_product(at + next, weight, s1);
      add_product(at + 2 * next, weight, s2);
      add_product(at + 3 * next, weight, s3);
      at += work.dilation * work.pitch;
      weight += work.pitch;
    }
  }
  float* const y = work.y + pixel * work.y_pitch + channel;
  leave<kPanel, kBend>(s0, nullptr, columns, finish, y);
  leave<kPanel, kBend>(s1, nullptr, columns, finish, y + work.y_pitch);
  leave<kPanel, kBend>(s2, nullptr, columns, finish, y + 2 * work.y_pitch);
  leave<kPanel, kBend>(s3, nullptr, columns, finish, y + 3 * work.y_pitch);
}

}  // namespace strop::kernels
