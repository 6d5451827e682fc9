// Registers of floats, for the loops that are written for each kind of processor.
//
// Included once for each of them, behind the pragma that names it (avx512.cc, avx2.cc, and without one where the plain
// version is built), as are the tiles and passes made of them. So all of it has internal linkage, uses no template of
// the standard library (the linker keeps one copy, and it could be that of the widest processor) and no lambda (GCC
// would compile that for the plainest processor and call it).
#pragma once

#include <cstdint>

#include "core/clones.h"

namespace strop::kernels {
namespace {

// kLanes floats of a register, and where they lie in memory.
template <int kLanes>
struct Register {
  typedef float type __attribute__((vector_size(kLanes * sizeof(float))));
  typedef float memory __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));
};
template <int kLanes>
using Vec = typename Register<kLanes>::type;

template <int kLanes>
STROP_INLINE void load(const float* from, Vec<kLanes>& to) {
  to = *reinterpret_cast<const typename Register<kLanes>::memory*>(from);
}

template <int kLanes>
STROP_INLINE void add_floats(const float* from, Vec<kLanes>& to) {
  Vec<kLanes> more;
  load<kLanes>(from, more);
  to += more;
}

// dispatch.h's fast_exp, number by number the same. (Vectorising a loop of it, GCC works out what follows the limits
// for each of them again: SiLU's division was done twice.)
template <int kLanes>
STROP_INLINE void exp_lanes(Vec<kLanes>& x) {
  constexpr float kMagic = 12582912.0F;
  const Vec<kLanes> low = Vec<kLanes>{} - 87.0F, high = Vec<kLanes>{} + 88.0F;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Vec<kLanes> shifted = x * 1.44269504F + kMagic;
  const Vec<kLanes> n = shifted - kMagic;
  const Vec<kLanes> r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Vec<kLanes> p = Vec<kLanes>{} + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  // The lowest bits of `shifted` are n.
  typedef std::int32_t Bits __attribute__((vector_size(kLanes * sizeof(float))));
  x = p * __builtin_bit_cast(Vec<kLanes>, (__builtin_bit_cast(Bits, shifted) + 127) << 23);
}

template <int kLanes>
STROP_INLINE void store(const Vec<kLanes>& from, float* to) {
  *reinterpret_cast<typename Register<kLanes>::memory*>(to) = from;
}

}  // namespace
}  // namespace strop::kernels
