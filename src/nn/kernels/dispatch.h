// Shared by the kernels: compilation for several processors, a vectorisable exp, the dropout mask.
#pragma once

#include <cstdint>

#include "core/clones.h"

namespace strop::kernels {

// x = exp(x) to 2e-7 relative, without branches: 2^n e^r with x = n ln 2 + r, |r| <= ln 2 / 2, e^r by its Taylor series.
// Floats: float or a register of them; Bits: as many 32-bit integers.
template <class Floats, class Bits>
STROP_INLINE void take_exp(Floats& x) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  const Floats low = Floats{} - 87.0F, high = Floats{} + 88.0F;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Floats shifted = x * 1.44269504F + kMagic;
  const Floats n = shifted - kMagic;
  const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Floats p = Floats{} + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  // The lowest bits of `shifted` are n.
  x = p * __builtin_bit_cast(Floats, (__builtin_bit_cast(Bits, shifted) + 127) << 23);
}
STROP_INLINE float fast_exp(float x) {
  take_exp<float, std::int32_t>(x);
  return x;
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
