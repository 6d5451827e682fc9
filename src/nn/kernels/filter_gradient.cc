#include "nn/kernels/filter_gradient.h"

#include "nn/kernels/filter_gradient_pass.h"

namespace strop::kernels {

std::int64_t filter_gradient_scratch(const FilterGradient& work) {
  const GradientBands bands(work);
  return bands.kept * bands.row() + bands.rows * work.out_width * bands.pitch;
}

void filter_gradient_plain(const FilterGradient& work) { gradient_pass<4>(work); }

void filter_gradient(const FilterGradient& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen = for_this_processor(filter_gradient_plain, filter_gradient_avx2, filter_gradient_avx512);
  chosen(work);
#else
  filter_gradient_plain(work);
#endif
}

}  // namespace strop::kernels
