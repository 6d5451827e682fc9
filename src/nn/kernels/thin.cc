#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"

namespace strop::kernels {

// Columns computed together: one AVX-512 register of floats or two of AVX2. (Plain loops over arrays of this length:
// the compiler lowers vector types for the plainest processor before it clones a function.)
constexpr std::int64_t kVec = 16;

STROP_CLONES void multiply_tile(const float* left, std::int64_t left_stride, const float* right, std::int64_t inner,
                                std::int64_t columns, float* to, std::int64_t to_stride) {
  for (std::int64_t c = 0; c < columns; c += kVec) {
    float s0[kVec] = {}, s1[kVec] = {}, s2[kVec] = {}, s3[kVec] = {};
    for (std::int64_t i = 0; i < inner; ++i) {
      const float* const line = right + i * columns + c;
      const float l0 = left[i], l1 = left[left_stride + i], l2 = left[2 * left_stride + i],
                  l3 = left[3 * left_stride + i];
#pragma omp simd
      for (int j = 0; j < kVec; ++j) {
        s0[j] += l0 * line[j];
        s1[j] += l1 * line[j];
        s2[j] += l2 * line[j];
        s3[j] += l3 * line[j];
      }
    }
#pragma omp simd
    for (int j = 0; j < kVec; ++j) {
      to[c + j] = s0[j];
      to[to_stride + c + j] = s1[j];
      to[2 * to_stride + c + j] = s2[j];
      to[3 * to_stride + c + j] = s3[j];
    }
  }
}

STROP_CLONES void add_outer_tile(const float* left, std::int64_t left_stride, const float* right,
                                 std::int64_t right_stride, std::int64_t inner, std::int64_t columns, float* to) {
  for (std::int64_t i = 0; i < inner; ++i) {
    const float l0 = left[i], l1 = left[left_stride + i], l2 = left[2 * left_stride + i],
                l3 = left[3 * left_stride + i];
    float* const sum = to + i * columns;
#pragma omp simd
    for (std::int64_t c = 0; c < columns; ++c) {
      sum[c] += l0 * right[c] + l1 * right[right_stride + c] +
                (l2 * right[2 * right_stride + c] + l3 * right[3 * right_stride + c]);
    }
  }
}

STROP_CLONES void add(const float* x, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] += x[i];
}

}  // namespace strop::kernels
