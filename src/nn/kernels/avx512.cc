// The passes of kernels.h's attention, conv.h, separable.h, filter_gradient.h and picture_conv.h for x86-64-v4.
#include "nn/kernels/attention_blocks.h"
#include "nn/kernels/conv_bands.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/filter_gradient_bands.h"
#include "nn/kernels/picture_conv_rows.h"
#include "nn/kernels/separable_bands.h"

#ifdef STROP_HAS_CLONES
#pragma GCC target("arch=x86-64-v4")
#include "nn/kernels/attention_pass.h"
#include "nn/kernels/filter_gradient_pass.h"
#include "nn/kernels/picture_conv_pass.h"
#include "nn/kernels/separable_pass.h"

namespace strop::kernels {

void attention_forward_avx512(const AttentionForward& work) { forward_pass<16, 8>(work); }
void attention_backward_avx512(const AttentionBackward& work) { backward_pass<16, 8>(work); }
void inverted_avx512(const Inverted& work) { pass<16, 12>(work); }
void separable_gradient_avx512(const Separable& work) { separable_pass<16, 12>(work); }
void filter_gradient_avx512(const FilterGradient& work) { gradient_pass<16>(work); }
void picture_conv_avx512(const PictureConv& work) { picture_pass<16, 12>(work); }
void picture_gradient_avx512(const PictureGradient& work) { picture_gradient_pass<16>(work); }

}  // namespace strop::kernels
#endif
