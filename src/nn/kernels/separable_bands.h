// How `separable_gradient` divides a picture, and its versions for each kind of processor.
#pragma once

#include <algorithm>

#include "nn/kernels/separable.h"

namespace strop::kernels {

struct SeparableBands {
  std::int64_t rows, kept, columns, pitch, out_pitch;
  static constexpr std::int64_t kBandPixels = 104;  // enough to pay for reading the weights once
  static constexpr std::int64_t kMostKept = (kBandPixels + kLeastWidth - 1) / kLeastWidth + 4;  // with 5 rows of taps
  explicit SeparableBands(const Separable& work) {
    rows = std::max<std::int64_t>(1, std::min((kBandPixels + work.width - 1) / work.width, work.height));
    kept = rows + work.kernel - 1;
    columns = work.width + work.kernel - 1;
    pitch = padded_channels(work.channels);
    out_pitch = padded_channels(work.out);
  }
  std::int64_t row() const { return columns * pitch; }
  std::int64_t pixels(const Separable& work) const { return rows * work.width; }
};

void separable_gradient_plain(const Separable& work);
void separable_gradient_avx512(const Separable& work);
void separable_gradient_avx2(const Separable& work);

}  // namespace strop::kernels
