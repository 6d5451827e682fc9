#include <algorithm>
#include <cmath>

#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"

namespace strop::kernels {
namespace {

// Rows of scores are padded to whole vectors.
STROP_INLINE std::int64_t padded(std::int64_t count) { return (count + 15) / 16 * 16; }

// to[c * stride + r] = from[r * from_stride + c]; columns rows .. stride-1 become 0.
STROP_INLINE void transpose(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns,
                            float* to, std::int64_t stride) {
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) to[c * stride + r] = from[r * from_stride + c];
    for (std::int64_t r = rows; r < stride; ++r) to[c * stride + r] = 0;
  }
}

// row[j] = sum_c left[c] * right[c * stride + j]
STROP_INLINE void row_times(const float* left, const float* right, std::int64_t inner, std::int64_t stride, float* row) {
  for (std::int64_t at = 0; at < stride; at += 16) {
    float sums[16] = {};
    for (std::int64_t c = 0; c < inner; ++c) {
      const float factor = left[c];
      const float* line = right + c * stride + at;
#pragma omp simd
      for (int j = 0; j < 16; ++j) sums[j] += factor * line[j];
    }
#pragma omp simd
    for (int j = 0; j < 16; ++j) row[at + j] = sums[j];
  }
}

// to[c] += factor * from[c]
STROP_INLINE void add_scaled(float factor, const float* from, float* to, std::int64_t count) {
#pragma omp simd
  for (std::int64_t c = 0; c < count; ++c) to[c] += factor * from[c];
}

}  // namespace

std::int64_t attention_scratch(std::int64_t, std::int64_t keys, std::int64_t dim) {
  return 2 * dim * padded(keys) + 3 * padded(keys) + 2 * keys * dim;
}

STROP_CLONES void attention_forward(const AttentionForward& work) {
  const auto keys = work.keys, dim = work.dim, stride = padded(keys);
  float* transposed = work.scratch;
  float* row = transposed + dim * stride;
  const Mask mask = make_mask(work.key, work.rate);
  transpose(work.k, work.k_stride, keys, dim, transposed, stride);
  for (std::int64_t i = 0; i < work.queries; ++i) {
    row_times(work.q + i * work.q_stride, transposed, dim, stride, row);
    float highest = row[0];
#pragma omp simd reduction(max : highest)
    for (std::int64_t j = 0; j < keys; ++j) highest = row[j] > highest ? row[j] : highest;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < keys; ++j) {
      row[j] = fast_exp((row[j] - highest) * work.scale);
      sum += row[j];
    }
    work.lse[i] = highest * work.scale + std::log(sum);
    const float inverse = 1.0F / sum;
    if (work.rate > 0) {
      const auto element = static_cast<std::uint32_t>(i * keys);
#pragma omp simd
      for (std::int64_t j = 0; j < keys; ++j) row[j] *= mask_factor(mask, element + static_cast<std::uint32_t>(j));
    }
    float* out = work.out + i * work.out_stride;
    std::fill(out, out + dim, 0.0F);
    for (std::int64_t j = 0; j < keys; ++j) add_scaled(row[j] * inverse, work.v + j * work.v_stride, out, dim);
  }
}

STROP_CLONES void attention_backward(const AttentionBackward& work) {
  const auto keys = work.keys, dim = work.dim, stride = padded(keys);
  float* k_t = work.scratch;
  float* v_t = k_t + dim * stride;
  float* p = v_t + dim * stride;  // probabilities of a query, before dropout
  float* d = p + stride;          // gradient of the dropped probabilities, then of the scores
  float* m = d + stride;          // mask factors
  float* d_k = m + stride;
  float* d_v = d_k + keys * dim;
  const Mask mask = make_mask(work.key, work.rate);
  transpose(work.k, work.k_stride, keys, dim, k_t, stride);
  transpose(work.v, work.v_stride, keys, dim, v_t, stride);
  std::fill(d_k, d_k + 2 * keys * dim, 0.0F);
  for (std::int64_t i = 0; i < work.queries; ++i) {
    const float* q = work.q + i * work.q_stride;
    const float* g = work.g + i * work.g_stride;
    const float* out = work.out + i * work.out_stride;
    row_times(q, k_t, dim, stride, p);
    row_times(g, v_t, dim, stride, d);
    // sum_j of (dropped probability * its gradient) equals g . out: the flash-attention identity.
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (std::int64_t c = 0; c < dim; ++c) dot += g[c] * out[c];
    const auto element = static_cast<std::uint32_t>(i * keys);
    const bool drops = work.rate > 0;
#pragma omp simd
    for (std::int64_t j = 0; j < keys; ++j) {
      const float factor = drops ? mask_factor(mask, element + static_cast<std::uint32_t>(j)) : 1.0F;
      const float probability = fast_exp(p[j] * work.scale - work.lse[i]);
      m[j] = probability * factor;
      d[j] = probability * (d[j] * factor - dot) * work.scale;
    }
    float* d_q = work.d_q + i * work.d_q_stride;
    std::fill(d_q, d_q + dim, 0.0F);
    for (std::int64_t j = 0; j < keys; ++j) {
      add_scaled(d[j], work.k + j * work.k_stride, d_q, dim);
      add_scaled(d[j], q, d_k + j * dim, dim);
      add_scaled(m[j], g, d_v + j * dim, dim);
    }
  }
  for (std::int64_t j = 0; j < keys; ++j) {
    std::copy(d_k + j * dim, d_k + (j + 1) * dim, work.d_k + j * work.d_k_stride);
    std::copy(d_v + j * dim, d_v + (j + 1) * dim, work.d_v + j * work.d_v_stride);
  }
}

}  // namespace strop::kernels
