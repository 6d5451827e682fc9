// Small dense products held in registers: the inner loops of attention.
#pragma once

#include <cstdint>

#include "nn/kernels/dispatch.h"

namespace strop::kernels {

// 16 floats, one AVX-512 register or two of AVX2; may lie at any address. Handed on by reference only: by value, its
// calling convention would depend on the processor.
using Vec = float __attribute__((vector_size(64), aligned(4), may_alias));
constexpr std::int64_t kVec = 16;
// Rows computed together: four chains of multiply-adds hide the latency of one.
constexpr std::int64_t kTileRows = 4;

STROP_INLINE std::int64_t rounded_up(std::int64_t count, std::int64_t to) { return (count + to - 1) / to * to; }
STROP_INLINE const Vec& vec(const float* at) { return *reinterpret_cast<const Vec*>(at); }
STROP_INLINE Vec& vec(float* at) { return *reinterpret_cast<Vec*>(at); }

// to[r][c] = sum_i left[r][i] * right[i][c] for kTileRows rows and `columns` columns (a multiple of kVec); rows lie
// left_stride, right_stride and to_stride floats apart.
STROP_INLINE void tile_product(const float* left, std::int64_t left_stride, const float* right,
                               std::int64_t right_stride, std::int64_t inner, std::int64_t columns, float* to,
                               std::int64_t to_stride) {
  for (std::int64_t c = 0; c < columns; c += kVec) {
    Vec s0 = {}, s1 = {}, s2 = {}, s3 = {};
    for (std::int64_t i = 0; i < inner; ++i) {
      const Vec line = vec(right + i * right_stride + c);
      s0 += left[i] * line;
      s1 += left[left_stride + i] * line;
      s2 += left[2 * left_stride + i] * line;
      s3 += left[3 * left_stride + i] * line;
    }
    vec(to + c) = s0;
    vec(to + to_stride + c) = s1;
    vec(to + 2 * to_stride + c) = s2;
    vec(to + 3 * to_stride + c) = s3;
  }
}

// to[i][c] += sum_r left[r][i] * right[r][c]: kTileRows outer products.
STROP_INLINE void tile_outer(const float* left, std::int64_t left_stride, const float* right, std::int64_t right_stride,
                             std::int64_t inner, std::int64_t columns, float* to) {
  for (std::int64_t c = 0; c < columns; c += kVec) {
    const Vec r0 = vec(right + c), r1 = vec(right + right_stride + c), r2 = vec(right + 2 * right_stride + c),
              r3 = vec(right + 3 * right_stride + c);
    for (std::int64_t i = 0; i < inner; ++i) {
      Vec& sum = vec(to + i * columns + c);
      sum +=
          left[i] * r0 + left[left_stride + i] * r1 + (left[2 * left_stride + i] * r2 + left[3 * left_stride + i] * r3);
    }
  }
}

}  // namespace strop::kernels
