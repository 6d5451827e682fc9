// How `inverted` divides a picture, and its versions for each kind of processor.
#pragma once

#include <algorithm>

#include "nn/kernels/conv.h"

namespace strop::kernels {

// Pixels of a filter's tile: the sides of the usual pictures are multiples of it.
constexpr std::int64_t kFiltered = 7;
// Pixels that a step hands to its products, at least: enough to pay for reading the weights once.
constexpr std::int64_t kStepPixels = 96;

// `rows` results at a time, of a ring of `kept` rows of the wide tensor.
struct Bands {
  std::int64_t rows, kept, columns, pitch;
  explicit Bands(const Inverted& work) {
    const auto reach = (work.kernel - 1) * work.dilation;
    const auto rows_wanted = (kStepPixels + work.width * work.stride - 1) / (work.width * work.stride);
    rows = std::max<std::int64_t>(1, std::min(rows_wanted, work.out_height));
    kept = (rows - 1) * work.stride + reach + 1;
    const auto tiled = std::max(work.out_width, kFiltered);
    columns = std::max((tiled - 1) * work.stride + reach + 1, work.left + work.width);
    pitch = padded_channels(work.wide);
  }
  std::int64_t row() const { return columns * pitch; }
  std::int64_t filtered(const Inverted& work) const { return (rows * work.out_width + kFiltered) * pitch; }
};

// `inverted` for any processor, and those of avx512.cc and avx2.cc for processors that have what they are
// named after.
void inverted_plain(const Inverted& work);
void inverted_avx512(const Inverted& work);
void inverted_avx2(const Inverted& work);

}  // namespace strop::kernels
