// Attention of one head, forward and backward, for one kind of processor. Included as registers.h is.
#pragma once

#include "nn/kernels/attention_blocks.h"
#include "nn/kernels/dense_tile.h"
#include "nn/kernels/dispatch.h"

namespace strop::kernels {
namespace {

// A score that is no key's: its probability rounds to 1e-38.
constexpr float kNoKey = -1e30F;

// Blocks in a part of `scratch` each.
struct Room {
  float* next;
};
STROP_INLINE float* take(Room& room, std::int64_t floats) {
  float* const part = room.next;
  room.next += floats;
  return part;
}

// to[c * columns + r] = from[r * width + c] for `columns` rows of `from`.
STROP_INLINE void transpose(const float* from, std::int64_t columns, std::int64_t width, float* to) {
  for (std::int64_t c = 0; c < width; ++c) {
#pragma omp simd
    for (std::int64_t r = 0; r < columns; ++r) to[c * columns + r] = from[r * width + c];
  }
}

STROP_INLINE void mark_keys(std::int64_t keys, std::int64_t columns, float* bias) {
  for (std::int64_t j = 0; j < columns; ++j) bias[j] = j < keys ? 0.0F : kNoKey;
}

// row = softmax of (scale row + bias) with dropout; returns the log-sum-exp.
STROP_INLINE float softmax_row(float* row, const float* bias, std::int64_t columns, float scale, const Mask& mask,
                               bool drops, std::uint32_t element) {
  float highest = kNoKey;
#pragma omp simd reduction(max : highest)
  for (std::int64_t j = 0; j < columns; ++j) {
    row[j] = row[j] * scale + bias[j];
    highest = row[j] > highest ? row[j] : highest;
  }
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t j = 0; j < columns; ++j) {
    row[j] = fast_exp(row[j] - highest);
    sum += row[j];
  }
  const float inverse = 1.0F / sum;
  if (drops) {
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) {
      row[j] *= inverse * mask_factor(mask, element + static_cast<std::uint32_t>(j));
    }
  } else {
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) row[j] *= inverse;
  }
  return highest + __builtin_logf(sum);
}

// Queries of the block that begins at `first`, rounded up to whole tiles of rows.
STROP_INLINE std::int64_t block_queries(std::int64_t queries, std::int64_t first) {
  const std::int64_t left = padded_queries(queries - first);
  return left < kQueryBlock ? left : kQueryBlock;
}

template <int kLanes, int kRows>
STROP_INLINE void forward_pass(const AttentionForward& work) {
  const std::int64_t columns = padded_keys(work.keys), dim = padded_dim(work.dim);
  Room room{work.scratch};
  float* const k_t = take(room, dim * columns);
  float* const p = take(room, kQueryBlock * columns);
  float* const bias = take(room, columns);
  const Mask mask = make_mask(work.key, work.rate);
  transpose(work.k, columns, dim, k_t);
  mark_keys(work.keys, columns, bias);
  for (std::int64_t i = 0; i < work.queries; i += kQueryBlock) {
    const std::int64_t rows = block_queries(work.queries, i);
    dense_product<kLanes, kRows, false>({work.q + i * dim, dim, 1, k_t, columns, dim, p, columns}, rows, columns);
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto element = static_cast<std::uint32_t>((i + r) * work.keys);
      work.lse[i + r] = softmax_row(p + r * columns, bias, columns, work.scale, mask, work.rate > 0, element);
    }
    dense_product<kLanes, kRows, false>({p, columns, 1, work.v, dim, work.keys, work.out + i * dim, dim}, rows, dim);
  }
}

// Query i's row of p, the scores, becomes its dropped probabilities; that of d, the gradient of those, the gradient of
// the scores.
STROP_INLINE void score_gradients(const AttentionBackward& work, std::int64_t i, const float* bias, const Mask& mask,
                                  std::int64_t columns, float* p, float* d) {
  const std::int64_t dim = padded_dim(work.dim);
  const float *const g = work.g + i * dim, *const out = work.out + i * dim;
  // sum_j of (dropped probability * its gradient) equals g . out: the flash-attention identity.
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (std::int64_t c = 0; c < dim; ++c) dot += g[c] * out[c];
  const auto element = static_cast<std::uint32_t>(i * work.keys);
  const float lse = work.lse[i];
  const bool drops = work.rate > 0;
#pragma omp simd
  for (std::int64_t j = 0; j < columns; ++j) {
    const float factor = drops ? mask_factor(mask, element + static_cast<std::uint32_t>(j)) : 1.0F;
    // 0 where no key is: products with 1e-38 are denormal, which some processors take a hundred cycles for.
    const float probability = bias[j] < 0 ? 0.0F : fast_exp(p[j] * work.scale - lse);
    p[j] = probability * factor;
    d[j] = probability * (d[j] * factor - dot) * work.scale;
  }
}

template <int kLanes, int kRows>
STROP_INLINE void backward_pass(const AttentionBackward& work) {
  const std::int64_t columns = padded_keys(work.keys), dim = padded_dim(work.dim);
  Room room{work.scratch};
  float* const k_t = take(room, dim * columns);
  float* const v_t = take(room, dim * columns);
  float* const p = take(room, kQueryBlock * columns);
  float* const d = take(room, kQueryBlock * columns);
  float* const bias = take(room, columns);
  const Mask mask = make_mask(work.key, work.rate);
  transpose(work.k, columns, dim, k_t);
  transpose(work.v, columns, dim, v_t);
  mark_keys(work.keys, columns, bias);
  __builtin_memset(work.d_k, 0, static_cast<std::size_t>(columns * dim) * sizeof(float));
  __builtin_memset(work.d_v, 0, static_cast<std::size_t>(columns * dim) * sizeof(float));
  for (std::int64_t i = 0; i < work.queries; i += kQueryBlock) {
    const std::int64_t rows = block_queries(work.queries, i);
    const float *const q = work.q + i * dim, *const g = work.g + i * dim;
    dense_product<kLanes, kRows, false>({q, dim, 1, k_t, columns, dim, p, columns}, rows, columns);
    dense_product<kLanes, kRows, false>({g, dim, 1, v_t, columns, dim, d, columns}, rows, columns);
    for (std::int64_t r = 0; r < rows; ++r) {
      score_gradients(work, i + r, bias, mask, columns, p + r * columns, d + r * columns);
    }
    dense_product<kLanes, kRows, false>({d, columns, 1, work.k, dim, work.keys, work.d_q + i * dim, dim}, rows, dim);
    dense_product<kLanes, kRows, true>({d, 1, columns, q, dim, rows, work.d_k, dim}, columns, dim);
    dense_product<kLanes, kRows, true>({p, 1, columns, g, dim, rows, work.d_v, dim}, columns, dim);
  }
}

}  // namespace
}  // namespace strop::kernels
