// Compilation of hot loops for several processors, chosen at load time: never -march=native.
//
// STROP_CLONES before a function makes GCC build it for AVX-512, AVX2 and plain x86-64; what it inlines (STROP_INLINE)
// is built along. Other compilers and processors build it once.
// STROP_HAS_CLONES: files of their own for a processor, behind `#pragma GCC target`, are built too;
// for_this_processor picks among what they hold.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STROP_HAS_CLONES
#define STROP_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define STROP_CLONES
#endif
#define STROP_INLINE static inline __attribute__((always_inline))

#ifdef STROP_HAS_CLONES
namespace strop {

// The same function as built for plain x86-64, AVX2 and AVX-512: the widest that runs here.
template <class Function>
Function* for_this_processor(Function* plain, Function* avx2, Function* avx512) {
  if (__builtin_cpu_supports("x86-64-v4") > 0) return avx512;
  return __builtin_cpu_supports("x86-64-v3") > 0 ? avx2 : plain;
}

}  // namespace strop
#endif
