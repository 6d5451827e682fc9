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

}  // namespace strop::kernels
