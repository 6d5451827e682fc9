// The passes of kernels.h's attention, conv.h, separable.h, filter_gradient.h and picture_conv.h for x86-64-v3, and all
// of row_product.h.
#include "nn/kernels/attention_blocks.h"
#include "nn/kernels/conv_bands.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/filter_gradient_bands.h"
#include "nn/kernels/picture_conv_rows.h"
#include "nn/kernels/row_product.h"
#include "nn/kernels/separable_bands.h"

#ifdef STROP_HAS_CLONES
namespace strop::kernels {

bool row_product_pays() { return __builtin_cpu_supports("x86-64-v3") > 0 && __builtin_cpu_supports("x86-64-v4") == 0; }

}  // namespace strop::kernels

#pragma GCC target("arch=x86-64-v3")
#include "nn/kernels/attention_pass.h"
#include "nn/kernels/filter_gradient_pass.h"
#include "nn/kernels/picture_conv_pass.h"
#include "nn/kernels/separable_pass.h"

namespace strop::kernels {

void attention_forward_avx2(const AttentionForward& work) { forward_pass<8, 4>(work); }
void attention_backward_avx2(const AttentionBackward& work) { backward_pass<8, 4>(work); }
void inverted_avx2(const Inverted& work) { pass<8, 6>(work); }
void separable_gradient_avx2(const Separable& work) { separable_pass<8, 6>(work); }
void filter_gradient_avx2(const FilterGradient& work) { gradient_pass<8>(work); }
void picture_conv_avx2(const PictureConv& work) { picture_pass<8, 6>(work); }
void picture_gradient_avx2(const PictureGradient& work) { picture_gradient_pass<8>(work); }

void row_product(const RowProduct& work, std::int64_t first, std::int64_t last) {
  const std::int64_t rows = last - first, at = first * work.out;
  const float* const residual = work.residual == nullptr ? nullptr : work.residual + at;
  product<8, kProductTile>({work.x + first * work.in, work.in, 1, residual, nullptr, work.out}, rows, work.weight,
                           work.bias, work.in, work.out, Finish(), {work.y + at, rows, 1, 0, work.out}, 0);
}

}  // namespace strop::kernels
#else
namespace strop::kernels {

bool row_product_pays() { return false; }
void row_product(const RowProduct&, std::int64_t, std::int64_t) {}

}  // namespace strop::kernels
#endif
