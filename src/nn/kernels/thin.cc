#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"
#include "nn/kernels/tile.h"

namespace strop::kernels {

STROP_CLONES void multiply_tile(const float* left, std::int64_t left_stride, const float* right, std::int64_t inner,
                                std::int64_t columns, float* to, std::int64_t to_stride) {
  tile_product(left, left_stride, right, columns, inner, columns, to, to_stride);
}

STROP_CLONES void add_outer_tile(const float* left, std::int64_t left_stride, const float* right,
                                 std::int64_t right_stride, std::int64_t inner, std::int64_t columns, float* to) {
  tile_outer(left, left_stride, right, right_stride, inner, columns, to);
}

STROP_CLONES void add(const float* x, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] += x[i];
}

}  // namespace strop::kernels
