// The passes of conv.h and separable.h for x86-64-v4.
#include "nn/kernels/conv_bands.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/separable_bands.h"

#ifdef STROP_HAS_CLONES
#pragma GCC target("arch=x86-64-v4")
#include "nn/kernels/separable_pass.h"

namespace strop::kernels {

void inverted_avx512(const Inverted& work) { pass<16, 12>(work); }
void separable_gradient_avx512(const Separable& work) { separable_pass<16, 12>(work); }

}  // namespace strop::kernels
#endif
