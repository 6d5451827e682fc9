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
  typedef std::int32_t bits __attribute__((vector_size(kLanes * sizeof(float))));
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

template <int kLanes>
STROP_INLINE void store(const Vec<kLanes>& from, float* to) {
  *reinterpret_cast<typename Register<kLanes>::memory*>(to) = from;
}

}  // namespace
}  // namespace strop::kernels
