#include <algorithm>
#include <bit>
#include <cmath>

#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"

namespace strop::kernels {

STROP_CLONES void norm_forward(const NormForward& work, std::int64_t first, std::int64_t last) {
  const auto width = work.width;
  const auto inverse = 1.0F / static_cast<float>(width);
  const Mask mask = make_mask(work.key, work.rate);
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = work.x + row * width;
    const float* residual = work.residual == nullptr ? nullptr : work.residual + row * width;
    float* y = work.y + row * width;
    if (work.rate > 0) {
      const auto element = static_cast<std::uint32_t>((work.mask_row + row) * width);
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) y[c] = x[c] * mask_factor(mask, element + static_cast<std::uint32_t>(c));
      x = y;
    }
    float sum = 0;
    if (residual != nullptr) {
#pragma omp simd reduction(+ : sum)
      for (std::int64_t c = 0; c < width; ++c) {
        y[c] = x[c] + residual[c];
        sum += y[c];
      }
    } else {
#pragma omp simd reduction(+ : sum)
      for (std::int64_t c = 0; c < width; ++c) {
        y[c] = x[c];
        sum += y[c];
      }
    }
    if (work.sum != nullptr) std::copy(y, y + width, work.sum + row * width);
    const float mean = sum * inverse;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (std::int64_t c = 0; c < width; ++c) squares += (y[c] - mean) * (y[c] - mean);
    const float rstd = 1.0F / std::sqrt(squares * inverse + work.eps);
    work.rstd[row] = rstd;
    if (work.xhat != nullptr) {
      float* xhat = work.xhat + row * width;
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) xhat[c] = (y[c] - mean) * rstd;
    }
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) y[c] = (y[c] - mean) * rstd * work.gamma[c] + work.beta[c];
  }
}

STROP_CLONES void norm_backward(const NormBackward& work, std::int64_t first, std::int64_t last) {
  const auto width = work.width;
  const auto inverse = 1.0F / static_cast<float>(width);
  const Mask mask = make_mask(work.key, work.rate);
  for (std::int64_t row = first; row < last; ++row) {
    const float* g = work.g + row * width;
    const float* xhat = work.xhat + row * width;
    float* d_sum = work.d_sum + row * width;
    float mean_g = 0, mean_gx = 0;
#pragma omp simd reduction(+ : mean_g, mean_gx)
    for (std::int64_t c = 0; c < width; ++c) {
      const float scaled = g[c] * work.gamma[c];
      mean_g += scaled;
      mean_gx += scaled * xhat[c];
    }
    mean_g *= inverse;
    mean_gx *= inverse;
    const float rstd = work.rstd[row];
    if (work.d_gamma != nullptr) {
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) {
        work.d_gamma[c] += g[c] * xhat[c];
        work.d_beta[c] += g[c];
      }
    }
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) d_sum[c] = rstd * (g[c] * work.gamma[c] - mean_g - xhat[c] * mean_gx);
    if (work.g_sum != nullptr) {
      const float* g_sum = work.g_sum + row * width;
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) d_sum[c] += g_sum[c];
    }
    if (work.d_x != nullptr) {
      float* d_x = work.d_x + row * width;
      const auto element = static_cast<std::uint32_t>((work.mask_row + row) * width);
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) {
        d_x[c] = d_sum[c] * mask_factor(mask, element + static_cast<std::uint32_t>(c));
      }
    }
  }
}

STROP_CLONES void dropout(const float* x, float* y, float rate, std::uint64_t key, std::int64_t first,
                          std::int64_t last) {
  const Mask mask = make_mask(key, rate);
#pragma omp simd
  for (std::int64_t i = first; i < last; ++i) y[i] = x[i] * mask_factor(mask, static_cast<std::uint32_t>(i));
}

STROP_CLONES void from_bf16(const std::uint16_t* x, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = std::bit_cast<float>(static_cast<std::uint32_t>(x[i]) << 16);
}

STROP_CLONES void to_bf16(const float* x, std::uint16_t* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(x[i]);
    const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
    // A NaN keeps its upper half, made quiet: rounding could turn it into an infinity.
    y[i] = static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? (bits >> 16) | 0x40U : rounded >> 16);
  }
}

}  // namespace strop::kernels
