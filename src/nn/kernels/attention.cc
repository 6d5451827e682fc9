#include <algorithm>
#include <cmath>

#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"
#include "nn/kernels/tile.h"

namespace strop::kernels {
namespace {

// A score that is no key's: its probability rounds to 1e-38.
constexpr float kNoKey = -1e30F;

// Blocks in a part of `scratch` each.
struct Room {
  float* next;
  float* take(std::int64_t floats) {
    float* const part = next;
    next += floats;
    return part;
  }
};

// to[c * columns + r] = from[r * width + c] for `columns` rows of `from`.
STROP_INLINE void transpose(const float* from, std::int64_t columns, std::int64_t width, float* to) {
  for (std::int64_t c = 0; c < width; ++c) {
#pragma omp simd
    for (std::int64_t r = 0; r < columns; ++r) to[c * columns + r] = from[r * width + c];
  }
}

STROP_INLINE void mark_keys(std::int64_t keys, std::int64_t columns, float* bias) {
  std::fill(bias, bias + keys, 0.0F);
  std::fill(bias + keys, bias + columns, kNoKey);
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
  return highest + std::log(sum);
}

}  // namespace

std::int64_t padded_queries(std::int64_t queries) { return rounded_up(queries, kRowTile); }
std::int64_t padded_keys(std::int64_t keys) { return rounded_up(keys, kVec); }
std::int64_t padded_dim(std::int64_t dim) { return rounded_up(dim, kVec); }

std::int64_t attention_scratch(std::int64_t keys, std::int64_t dim) {
  return padded_keys(keys) * (2 * padded_dim(dim) + 3 * kRowTile + 1);
}

STROP_CLONES void attention_forward(const AttentionForward& work) {
  const auto columns = padded_keys(work.keys), dim = padded_dim(work.dim);
  Room room{work.scratch};
  float* const k_t = room.take(dim * columns);
  float* const rows = room.take(kRowTile * columns);
  float* const bias = room.take(columns);
  const Mask mask = make_mask(work.key, work.rate);
  transpose(work.k, columns, dim, k_t);
  mark_keys(work.keys, columns, bias);
  for (std::int64_t i = 0; i < work.queries; i += kRowTile) {
    tile_product(work.q + i * dim, dim, k_t, columns, dim, columns, rows, columns);
    for (std::int64_t r = 0; r < kRowTile; ++r) {
      const auto element = static_cast<std::uint32_t>((i + r) * work.keys);
      work.lse[i + r] = softmax_row(rows + r * columns, bias, columns, work.scale, mask, work.rate > 0, element);
    }
    tile_product(rows, columns, work.v, dim, work.keys, dim, work.out + i * dim, dim);
  }
}

STROP_CLONES void attention_backward(const AttentionBackward& work) {
  const auto columns = padded_keys(work.keys), dim = padded_dim(work.dim);
  Room room{work.scratch};
  float* const k_t = room.take(dim * columns);
  float* const v_t = room.take(dim * columns);
  float* const p = room.take(kRowTile * columns);  // scores, then dropped probabilities
  float* const d = room.take(kRowTile * columns);  // gradient of the dropped probabilities, then of the scores
  float* const bias = room.take(columns);
  const Mask mask = make_mask(work.key, work.rate);
  const bool drops = work.rate > 0;
  transpose(work.k, columns, dim, k_t);
  transpose(work.v, columns, dim, v_t);
  mark_keys(work.keys, columns, bias);
  std::fill(work.d_k, work.d_k + columns * dim, 0.0F);
  std::fill(work.d_v, work.d_v + columns * dim, 0.0F);
  for (std::int64_t i = 0; i < work.queries; i += kRowTile) {
    const float* const q = work.q + i * dim;
    const float* const g = work.g + i * dim;
    tile_product(q, dim, k_t, columns, dim, columns, p, columns);
    tile_product(g, dim, v_t, columns, dim, columns, d, columns);
    for (std::int64_t r = 0; r < kRowTile; ++r) {
      // sum_j of (dropped probability * its gradient) equals g . out: the flash-attention identity.
      float dot = 0;
#pragma omp simd reduction(+ : dot)
      for (std::int64_t c = 0; c < dim; ++c) dot += g[r * dim + c] * work.out[(i + r) * dim + c];
      const auto element = static_cast<std::uint32_t>((i + r) * work.keys);
      const float lse = work.lse[i + r];
      float* const p_row = p + r * columns;
      float* const d_row = d + r * columns;
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) {
        const float factor = drops ? mask_factor(mask, element + static_cast<std::uint32_t>(j)) : 1.0F;
        const float probability = fast_exp(p_row[j] * work.scale + bias[j] - lse);
        p_row[j] = probability * factor;
        d_row[j] = probability * (d_row[j] * factor - dot) * work.scale;
      }
    }
    tile_product(d, columns, work.k, dim, work.keys, dim, work.d_q + i * dim, dim);
    tile_outer(d, columns, q, dim, work.keys, dim, work.d_k);
    tile_outer(p, columns, g, dim, work.keys, dim, work.d_v);
  }
}

}  // namespace strop::kernels
