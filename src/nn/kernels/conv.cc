#include "nn/kernels/conv.h"

#include "nn/kernels/conv_pass.h"

namespace strop::kernels {

void pack_pointwise(const float* weight, std::int64_t in, std::int64_t out, float* packed) {
  const std::int64_t padded = padded_channels(out);
  for (std::int64_t o = 0; o < padded; ++o) {
    float* const panel = packed + o / kPanel * kPanel * in + o % kPanel;
    for (std::int64_t i = 0; i < in; ++i) panel[i * kPanel] = o < out ? weight[o * in + i] : 0.0F;
  }
}

void pack_depthwise(const float* weight, std::int64_t channels, std::int64_t taps, float* packed) {
  const std::int64_t padded = padded_channels(channels);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t c = 0; c < padded; ++c) packed[tap * padded + c] = c < channels ? weight[c * taps + tap] : 0.0F;
  }
}

std::int64_t inverted_scratch(const Inverted& work) {
  const Bands bands(work);
  return (1 + bands.kept) * bands.row() + bands.filtered(work);
}

void inverted_plain(const Inverted& work) { pass<4, 6>(work); }

void inverted(const Inverted& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen = for_this_processor(inverted_plain, inverted_avx2, inverted_avx512);
  chosen(work);
#else
  inverted_plain(work);
#endif
}

}  // namespace strop::kernels
