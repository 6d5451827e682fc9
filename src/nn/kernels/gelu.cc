#include <cmath>

#include "nn/kernels/dispatch.h"
#include "nn/kernels/kernels.h"

namespace strop::kernels {
namespace {

// e^(-x^2 / 2) and the normal distribution's share below x, by erf of Abramowitz and Stegun, 7.1.26: to 1e-7.
struct Normal {
  float bell, below;
};
STROP_INLINE Normal normal_at(float x) {
  const float bell = fast_exp(-0.5F * x * x);
  const float t = 1.0F / (1.0F + 0.3275911F * 0.70710678F * std::fabs(x));
  float tail = 1.061405429F;
  tail = tail * t - 1.453152027F;
  tail = tail * t + 1.421413741F;
  tail = tail * t - 0.284496736F;
  tail = tail * t + 0.254829592F;
  tail *= 0.5F * t * bell;
  return {bell, 0.5F + std::copysign(0.5F - tail, x)};  // a choice between the two is no vector operation everywhere
}

}  // namespace

STROP_CLONES void bias_gelu(const float* z, const float* bias, float* y, std::int64_t width, std::int64_t first,
                            std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const float* const from = z + row * width;
    float* const to = y + row * width;
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) {
      const float x = from[c] + bias[c];
      to[c] = x * normal_at(x).below;
    }
  }
}

STROP_CLONES void bias_gelu_gradient(const float* g, const float* z, const float* bias, float* d_z, float* d_bias,
                                     std::int64_t width, std::int64_t first, std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const float *const own_g = g + row * width, *const from = z + row * width;
    float* const to = d_z + row * width;
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) {
      const float x = from[c] + bias[c];
      const Normal normal = normal_at(x);
      const float d = own_g[c] * (normal.below + x * 0.39894228F * normal.bell);
      to[c] = d;
      d_bias[c] += d;
    }
  }
}

}  // namespace strop::kernels
