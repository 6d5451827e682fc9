#include "image/kernels.h"

#include <algorithm>
#include <cstring>

#include "core/clones.h"

namespace strop::kernels {
namespace {

using Bytes4 = std::uint8_t __attribute__((vector_size(4)));
using Ints4 = std::int32_t __attribute__((vector_size(16)));

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

STROP_INLINE std::uint8_t to_byte(std::int32_t sum) {
  sum >>= kWeightBits;
  return static_cast<std::uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

// A pixel and the byte behind it, which nobody looks at.
STROP_INLINE Ints4 load_pixel(const std::uint8_t* at) {
  Bytes4 bytes;
  std::memcpy(&bytes, at, 4);
  return __builtin_convertvector(bytes, Ints4);
}

STROP_INLINE void store_pixel(std::uint8_t* at, Ints4 sum) {
  for (int c = 0; c < 3; ++c) at[c] = to_byte(sum[c]);
}

// kRows rows at once: a weight is loaded once for all, and their sums do not wait for each other.
template <int kRows>
STROP_INLINE void across_rows(const ResamplePass& pass, int row) {
  const ResampleWeights& table = *pass.weights;
  const std::uint8_t* in = pass.in + row * pass.in_stride;
  std::uint8_t* out = pass.out + row * pass.out_stride;
  const auto length = table.first.size();
  const std::int32_t* weights = table.weights.data();
  for (std::size_t x = 0; x < length; ++x, weights += table.taps, out += 3) {
    const std::uint8_t* from = in + 3 * std::ptrdiff_t{table.first[x]};
    const int count = table.count[x];
    Ints4 sums[kRows];
    for (auto& sum : sums) sum = Ints4{} + kHalf;
    for (int k = 0; k < count; ++k, from += 3) {
      const std::int32_t weight = weights[k];
      for (int r = 0; r < kRows; ++r) sums[r] += load_pixel(from + r * pass.in_stride) * weight;
    }
    for (int r = 0; r < kRows; ++r) store_pixel(out + r * pass.out_stride, sums[r]);
  }
}

}  // namespace

STROP_CLONES void resample_across(const ResamplePass& pass, int rows) {
  constexpr int kTogether = 4;
  int row = 0;
  for (; row + kTogether <= rows; row += kTogether) across_rows<kTogether>(pass, row);
  for (; row < rows; ++row) across_rows<1>(pass, row);
}

STROP_CLONES void resample_down(const ResamplePass& pass, int width) {
  constexpr int kTogether = 64;  // bytes of a row whose sums stay in registers
  const ResampleWeights& table = *pass.weights;
  const int bytes = 3 * width;
  for (std::size_t y = 0; y < table.first.size(); ++y) {
    const std::uint8_t* in = pass.in + table.first[y] * pass.in_stride;
    const std::int32_t* weights = table.weights.data() + y * static_cast<std::size_t>(table.taps);
    std::uint8_t* out = pass.out + static_cast<std::ptrdiff_t>(y) * pass.out_stride;
    const int count = table.count[y];
    int x = 0;
    for (; x + kTogether <= bytes; x += kTogether) {
      std::int32_t sums[kTogether];
      for (auto& sum : sums) sum = kHalf;
      for (int k = 0; k < count; ++k) {
        const std::uint8_t* from = in + k * pass.in_stride + x;
        const std::int32_t weight = weights[k];
#pragma omp simd
        for (int i = 0; i < kTogether; ++i) sums[i] += from[i] * weight;
      }
#pragma omp simd
      for (int i = 0; i < kTogether; ++i) out[x + i] = to_byte(sums[i]);
    }
    for (; x < bytes; ++x) {
      std::int32_t sum = kHalf;
      for (int k = 0; k < count; ++k) sum += in[k * pass.in_stride + x] * weights[k];
      out[x] = to_byte(sum);
    }
  }
}

STROP_CLONES void normalise_planes(const std::uint8_t* in, int width, const Normalisation& values, float* out,
                                   std::ptrdiff_t plane) {
  const int first = values.bgr ? 2 : 0;
  for (int c = 0; c < 3; ++c) {
    const std::uint8_t* from = in + (c == 1 ? 1 : c == 0 ? first : 2 - first);
    float* to = out + c * plane;
    const float scale = values.scale[c], shift = values.shift[c];
#pragma omp simd
    for (int x = 0; x < width; ++x) to[x] = static_cast<float>(from[3 * x]) * scale + shift;
  }
}

STROP_CLONES void normalise_pixels(const std::uint8_t* in, int width, const Normalisation& values, float* out) {
  const int first = values.bgr ? 2 : 0;
  const float scale0 = values.scale[0], scale1 = values.scale[1], scale2 = values.scale[2];
  const float shift0 = values.shift[0], shift1 = values.shift[1], shift2 = values.shift[2];
#pragma omp simd
  for (int x = 0; x < width; ++x) {
    out[3 * x] = static_cast<float>(in[3 * x + first]) * scale0 + shift0;
    out[3 * x + 1] = static_cast<float>(in[3 * x + 1]) * scale1 + shift1;
    out[3 * x + 2] = static_cast<float>(in[3 * x + 2 - first]) * scale2 + shift2;
  }
}

}  // namespace strop::kernels
