#include "nn/kernels/separable.h"

#include "nn/kernels/separable_pass.h"

namespace strop::kernels {

static_assert(kLeastWidth == kFiltered);

std::int64_t separable_scratch(const Separable& work) {
  const SeparableBands bands(work);
  return (1 + 2 * bands.kept) * bands.row() + 2 * bands.pixels(work) * (bands.pitch + bands.out_pitch);
}

void separable_gradient_plain(const Separable& work) { separable_pass<4, 6>(work); }

void separable_gradient(const Separable& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen =
      for_this_processor(separable_gradient_plain, separable_gradient_avx2, separable_gradient_avx512);
  chosen(work);
#else
  separable_gradient_plain(work);
#endif
}

}  // namespace strop::kernels
