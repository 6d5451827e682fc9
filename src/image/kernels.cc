#include "image/kernels.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/clones.h"

namespace strop::kernels {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

// kBytes bytes, each the weighted sum of `count` bytes that lie `step` apart. Sums stay in registers.
template <int kBytes>
STROP_INLINE void weighted_bytes(const std::uint8_t* from, std::ptrdiff_t step, const std::int32_t* weights, int count,
                                 std::uint8_t* to) {
  std::int32_t sums[kBytes];
  for (auto& sum : sums) sum = kHalf;
  for (int k = 0; k < count; ++k, from += step) {
    const std::int32_t weight = weights[k];
#pragma omp simd
    for (int i = 0; i < kBytes; ++i) sums[i] += from[i] * weight;
  }
#pragma omp simd
  for (int i = 0; i < kBytes; ++i) {
    std::int32_t sum = sums[i] >> kWeightBits;
    sum = sum < 0 ? 0 : sum;
    to[i] = static_cast<std::uint8_t>(sum > 255 ? 255 : sum);
  }
}

// The pass across works on strips of 16 rows, turned so that the 16 bytes of a column lie side by side: rows are merged
// in pairs, byte by byte, four times over, and taken apart again behind it.
constexpr int kStrip = 16;

STROP_INLINE void merge(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::ptrdiff_t bytes) {
#pragma omp simd
  for (std::ptrdiff_t i = 0; i < bytes; ++i) out[2 * i] = a[i], out[2 * i + 1] = b[i];
}

STROP_INLINE void divide(const std::uint8_t* in, std::uint8_t* a, std::uint8_t* b, std::ptrdiff_t bytes) {
#pragma omp simd
  for (std::ptrdiff_t i = 0; i < bytes; ++i) a[i] = in[2 * i], b[i] = in[2 * i + 1];
}

// rows[r][i] -> out[16 i + r]; both buffers hold 16 * bytes, the result is in `out`.
STROP_INLINE void turn(const std::uint8_t* const* rows, std::ptrdiff_t bytes, std::uint8_t* spare, std::uint8_t* out) {
  for (int r = 0; r < 8; ++r) merge(rows[r], rows[r + 8], spare + 2 * bytes * r, bytes);
  for (int r = 0; r < 4; ++r) merge(spare + 2 * bytes * r, spare + 2 * bytes * (r + 4), out + 4 * bytes * r, 2 * bytes);
  for (int r = 0; r < 2; ++r) merge(out + 4 * bytes * r, out + 4 * bytes * (r + 2), spare + 8 * bytes * r, 4 * bytes);
  merge(spare, spare + 8 * bytes, out, 8 * bytes);
}

// The way back: in[16 i + r] -> rows[r][i]; `in` is used up.
STROP_INLINE void turn_back(std::uint8_t* in, std::ptrdiff_t bytes, std::uint8_t* spare, std::uint8_t* const* rows) {
  divide(in, spare, spare + 8 * bytes, 8 * bytes);
  for (int r = 0; r < 2; ++r) divide(spare + 8 * bytes * r, in + 4 * bytes * r, in + 4 * bytes * (r + 2), 4 * bytes);
  for (int r = 0; r < 4; ++r) divide(in + 4 * bytes * r, spare + 2 * bytes * r, spare + 2 * bytes * (r + 4), 2 * bytes);
  for (int r = 0; r < 8; ++r) divide(spare + 2 * bytes * r, rows[r], rows[r + 8], bytes);
}

}  // namespace

STROP_CLONES void resample_across(const ResamplePass& pass, int width, int rows) {
  const ResampleWeights& table = *pass.weights;
  const auto length = static_cast<std::ptrdiff_t>(table.first.size());
  const std::ptrdiff_t in_bytes = 3 * std::ptrdiff_t{width}, out_bytes = 3 * length;
  const auto buffer = static_cast<std::size_t>(kStrip * (in_bytes > out_bytes ? in_bytes : out_bytes));
  std::vector<std::uint8_t> memory(3 * buffer + static_cast<std::size_t>(out_bytes));
  std::uint8_t *spare = memory.data(), *turned = spare + buffer, *result = turned + buffer, *unused = result + buffer;
  for (int row = 0; row < rows; row += kStrip) {
    const std::uint8_t* from[kStrip];
    std::uint8_t* to[kStrip];
    for (int r = 0; r < kStrip; ++r) {
      const bool real = row + r < rows;
      from[r] = pass.in + (real ? row + r : rows - 1) * pass.in_stride;
      to[r] = real ? pass.out + (row + r) * pass.out_stride : unused;
    }
    turn(from, in_bytes, spare, turned);
    for (std::ptrdiff_t x = 0; x < length; ++x) {
      const auto at = static_cast<std::size_t>(x);
      weighted_bytes<48>(turned + 3 * kStrip * std::ptrdiff_t{table.first[at]}, 3 * kStrip,
                         table.weights.data() + x * table.taps, table.count[at], result + 3 * kStrip * x);
    }
    turn_back(result, out_bytes, spare, to);
  }
}

STROP_CLONES void resample_down(const ResamplePass& pass, int width) {
  const ResampleWeights& table = *pass.weights;
  const int bytes = 3 * width;
  for (std::size_t y = 0; y < table.first.size(); ++y) {
    const std::uint8_t* in = pass.in + table.first[y] * pass.in_stride;
    const std::int32_t* weights = table.weights.data() + y * static_cast<std::size_t>(table.taps);
    std::uint8_t* out = pass.out + static_cast<std::ptrdiff_t>(y) * pass.out_stride;
    int x = 0;
    for (; x + 64 <= bytes; x += 64) weighted_bytes<64>(in + x, pass.in_stride, weights, table.count[y], out + x);
    for (; x < bytes; x += 16) {
      std::uint8_t last[16];
      weighted_bytes<16>(in + x, pass.in_stride, weights, table.count[y], last);
      std::memcpy(out + x, last, static_cast<std::size_t>(std::min(bytes - x, 16)));
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
