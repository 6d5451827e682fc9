// Shared by the kernels: compilation for several processors, a vectorisable exp, the dropout mask.
#pragma once

#include <bit>
#include <cstdint>

#include "core/clones.h"

namespace strop::kernels {

// exp(x) to 2e-7 relative, without branches: 2^n e^r with x = n ln 2 + r, |r| <= ln 2 / 2, e^r by its Taylor series.
STROP_INLINE float fast_exp(float x) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * 1.44269504F + kMagic;
  const float n = shifted - kMagic;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const auto power = static_cast<std::int32_t>(n) + 127;
  return p * std::bit_cast<float>(power << 23);
}

// The dropout mask: factor 0 or 1 / (1 - rate) of an element, from a 32-bit hash (the finaliser of MurmurHash3).
struct Mask {
  std::uint32_t key;
  std::uint32_t threshold;
  float kept;
};
STROP_INLINE Mask make_mask(std::uint64_t key, float rate) {
  const double scaled = static_cast<double>(rate) * 4294967296.0;
  return {static_cast<std::uint32_t>(key ^ (key >> 32)), static_cast<std::uint32_t>(scaled), 1.0F / (1.0F - rate)};
}
STROP_INLINE float mask_factor(const Mask& mask, std::uint32_t element) {
  std::uint32_t h = (element + mask.key) * 0x9E3779B1U;
  h ^= h >> 16;
  h *= 0x85EBCA6BU;
  h ^= h >> 13;
  h *= 0xC2B2AE35U;
  h ^= h >> 16;
  return h >= mask.threshold ? mask.kept : 0.0F;
}

}  // namespace strop::kernels
