#include "nn/kernels/picture_conv.h"

#include "nn/kernels/picture_conv_pass.h"

namespace strop::kernels {

std::int64_t picture_conv_scratch(const PictureConv& work) { return (1 + work.kernel) * PictureRows(work).row; }

void picture_conv_plain(const PictureConv& work) { picture_pass<4, 6>(work); }

void picture_conv(const PictureConv& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen = for_this_processor(picture_conv_plain, picture_conv_avx2, picture_conv_avx512);
  chosen(work);
#else
  picture_conv_plain(work);
#endif
}

std::int64_t picture_gradient_scratch(const PictureConv& work) {
  return picture_conv_scratch(work) + work.out_width * padded_channels(work.out);
}

void picture_gradient_plain(const PictureGradient& work) { picture_gradient_pass<4>(work); }

void picture_gradient(const PictureGradient& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen = for_this_processor(picture_gradient_plain, picture_gradient_avx2, picture_gradient_avx512);
  chosen(work);
#else
  picture_gradient_plain(work);
#endif
}

}  // namespace strop::kernels
