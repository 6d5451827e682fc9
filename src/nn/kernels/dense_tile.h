// Products of small matrices, a tile of rows times two registers of columns at a time. Included as registers.h is.
#pragma once

#include <cstdint>

#include "nn/kernels/kernels.h"
#include "nn/kernels/registers.h"

namespace strop::kernels {
namespace {

// to[r][c] (+)= sum_i left[r][i] * right[i][c]. Rows of `right` and `to` are dense, those of `left` need not be: a
// transposed matrix is one whose rows lie 1 apart.
struct Product {
  const float* left;
  std::int64_t left_stride, left_step;  // from a row to the next, from an element of a row to the next
  const float* right;
  std::int64_t right_stride, inner;
  float* to;
  std::int64_t to_stride;
};

// A function by itself: within a larger one the compiler keeps other things in registers and the sums in memory.
template <int kLanes, int kRows, int kVectors, bool kAdds>
__attribute__((noinline)) void dense_tile(const Product& work, std::int64_t row, std::int64_t column) {
  Vec<kLanes> sums[kRows][kVectors] = {};
  const std::int64_t stride = work.left_stride;
  const float *left = work.left + row * stride, *right = work.right + column;
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < work.inner; ++i) {
    Vec<kLanes> line[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) load<kLanes>(right + v * kLanes, line[v]);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float factor = left[r * stride];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] += factor * line[v];
    }
    left += work.left_step;
    right += work.right_stride;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* const to = work.to + (row + r) * work.to_stride + column + v * kLanes;
      if (kAdds) add_floats<kLanes>(to, sums[r][v]);
      store<kLanes>(sums[r][v], to);
    }
  }
}

template <int kLanes, int kRows, int kVectors, bool kAdds>
STROP_INLINE void dense_columns(const Product& work, std::int64_t rows, std::int64_t column) {
  std::int64_t row = 0;
  for (; row + kRows <= rows; row += kRows) dense_tile<kLanes, kRows, kVectors, kAdds>(work, row, column);
  for (; row < rows; row += kRowTile) dense_tile<kLanes, kRowTile, kVectors, kAdds>(work, row, column);
}

// `rows`: a multiple of kRowTile, as kRows is. `columns`: a multiple of kLanes.
template <int kLanes, int kRows, bool kAdds>
STROP_INLINE void dense_product(const Product& work, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t column = 0; column < columns; column += 2 * kLanes) {
    if (columns - column > kLanes) dense_columns<kLanes, kRows, 2, kAdds>(work, rows, column);
    else dense_columns<kLanes, kRows, 1, kAdds>(work, rows, column);
  }
}

}  // namespace
}  // namespace strop::kernels
