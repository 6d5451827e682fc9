// The pass of `inverted` over a picture, for one kind of processor: as conv_tile.h, included behind the pragma that
// names it.
#pragma once

#include "nn/kernels/conv_bands.h"
#include "nn/kernels/conv_tile.h"

namespace strop::kernels {
namespace {

// Pixels that go through all panels of a weight before the next ones: a panel is read from the second cache once for
// all of them.
constexpr std::int64_t kBlock = 48;

STROP_INLINE std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
STROP_INLINE std::int64_t most(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

template <int kLanes, int kPixels>
STROP_INLINE void product_column(const Rows& from, std::int64_t pixels, const Weights& weight, const float* bias,
                                 std::int64_t in, std::int64_t channel, std::int64_t columns, const Finish& finish,
                                 float* const* to) {
  for (std::int64_t p = 0; p < pixels; p += kPixels) {
    // The last tile begins early rather than end late.
    const std::int64_t at = least(p, pixels - kPixels);
    if (columns > kLanes) {
      product_tile<kLanes, kPixels, 2>(from.behind(at), in, weight, bias, channel, columns, finish, to + at);
    } else {
      product_tile<kLanes, kPixels, 1>(from.behind(at), in, weight, bias, channel, columns, finish, to + at);
    }
  }
}

// Where the panels of a packed weight hold channels c and those behind them.
template <int kLanes>
STROP_INLINE Weights packed_at(const float* weight, std::int64_t in, std::int64_t c) {
  return {weight + c / kPanel * kPanel * in + c % kPanel, kPanel, kLanes < kPanel ? kLanes : kPanel * in};
}

// Rows of a result that lie apart: pixel p at y + (p / width % kept) * row + p % width * pitch.
struct Places {
  float* y;
  std::int64_t width, kept, row, pitch;
};

// result[p] = finish(x[p] W + bias + residual[p]); `first`: the number of the first pixel among `places`.
template <int kLanes, int kPixels>
STROP_INLINE void product(const Rows& from, std::int64_t pixels, const float* weight, const float* bias,
                          std::int64_t in, std::int64_t out, const Finish& finish, const Places& places,
                          std::int64_t first) {
  float* to[kBlock + kPixels];
  for (std::int64_t begin = 0, count = 0; begin < pixels; begin += count) {
    const std::int64_t left = pixels - begin;
    count = left < kBlock + kPixels ? left : kBlock;  // what is left is never less than a tile
    for (std::int64_t p = 0; p < count; ++p) {
      const std::int64_t pixel = first + begin + p;
      to[p] = places.y + pixel / places.width % places.kept * places.row + pixel % places.width * places.pitch;
    }
    const Rows rows = from.behind(begin);
    for (std::int64_t c = 0; c < out; c += 2 * kLanes) {
      const std::int64_t columns = least(2 * kLanes, out - c);
      if (count >= kPixels) {
        product_column<kLanes, kPixels>(rows, count, packed_at<kLanes>(weight, in, c), bias + c, in, c, columns, finish,
                                        to);
      } else {
        product_column<kLanes, 1>(rows, count, packed_at<kLanes>(weight, in, c), bias + c, in, c, columns, finish, to);
      }
    }
  }
}

template <int kLanes, int kKernel, int kStride>
STROP_INLINE void filter_row(const FilterRow& work, std::int64_t channels, const Finish& finish) {
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    for (std::int64_t pixel = 0; pixel < work.width; pixel += kFiltered) {
      filter_tile<kLanes, kFiltered, kKernel, kStride>(work, most(0, least(pixel, work.width - kFiltered)), c,
                                                       least(kLanes, channels - c), finish);
    }
  }
}

template <int kLanes>
STROP_INLINE void filter(const FilterRow& work, std::int64_t channels, const Finish& finish) {
  const bool dense = work.dilation == 1;
  if (dense && work.kernel == 3 && work.stride == 1) return filter_row<kLanes, 3, 1>(work, channels, finish);
  if (dense && work.kernel == 3 && work.stride == 2) return filter_row<kLanes, 3, 2>(work, channels, finish);
  if (dense && work.kernel == 5 && work.stride == 1) return filter_row<kLanes, 5, 1>(work, channels, finish);
  if (dense && work.kernel == 5 && work.stride == 2) return filter_row<kLanes, 5, 2>(work, channels, finish);
  filter_row<kLanes, 0, 0>(work, channels, finish);
}

// Rows first .. last-1 of the wide tensor into the ring.
template <int kLanes, int kPixels>
STROP_INLINE void widen(const Inverted& work, const Bands& bands, std::int64_t first, std::int64_t last, float* ring) {
  const Places places = {ring + work.left * bands.pitch, work.width, bands.kept, bands.row(), bands.pitch};
  const std::int64_t pixels = (last - first) * work.width;
  const float* const x = work.x + first * work.width * work.in;
  if (work.expand != nullptr) {
    product<kLanes, kPixels>({x, work.in, 1, nullptr, nullptr, 0}, pixels, work.expand, work.expand_bias, work.in,
                             work.wide, work.expand_finish, places, first * work.width);
    return;
  }
  for (std::int64_t row = first; row < last; ++row) {
    copy_pixels(work.x + row * work.width * work.in, work.in, work.in, work.width,
                places.y + row % bands.kept * bands.row(), bands.pitch);
  }
}

// kPixels: of a product's tile; with two registers of channels for each they nearly fill the processor's registers.
template <int kLanes, int kPixels>
STROP_INLINE void pass(const Inverted& work) {
  const Bands bands(work);
  float* const zeros = work.scratch;
  float* const ring = zeros + bands.row();
  float* const filtered = ring + bands.kept * bands.row();
  __builtin_memset(zeros, 0, static_cast<std::size_t>(filtered - zeros) * sizeof(float));
  const bool direct = work.project == nullptr && work.out_width >= kFiltered;
  const std::int64_t y_pitch = direct ? work.out : bands.pitch;
  std::int64_t made = most(0, work.begin * work.stride - work.above);  // the next row of the wide tensor
  for (std::int64_t first = work.begin; first < work.end; first += bands.rows) {
    const std::int64_t rows = least(bands.rows, work.end - first);
    const std::int64_t need =
        least(work.height, (first + rows - 1) * work.stride - work.above + (work.kernel - 1) * work.dilation + 1);
    const std::int64_t begin = most(made, need - bands.kept);
    if (need > begin) widen<kLanes, kPixels>(work, bands, begin, need, ring);
    made = most(made, need);
    float* const y = direct ? work.y + first * work.out_width * work.out : filtered;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* taps[kMostTaps];
      for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
        const std::int64_t at = (first + row) * work.stride - work.above + ky * work.dilation;
        taps[ky] = at < 0 || at >= work.height ? zeros : ring + (at % bands.kept) * bands.row();
      }
      // A row shorter than a tile runs over into the next one, which is written after it.
      filter<kLanes>({taps, work.filter, work.filter_bias, y + row * work.out_width * y_pitch, bands.pitch, work.kernel,
                      work.stride, work.dilation, work.out_width, y_pitch},
                     direct ? work.wide : bands.pitch, work.filter_finish);
    }
    if (direct) continue;
    const std::int64_t pixels = rows * work.out_width;
    float* const to = work.y + first * work.out_width * work.out;
    if (work.project != nullptr) {
      const float* const residual = work.residual == nullptr ? nullptr : work.residual + (to - work.y);
      float* const raw = work.raw == nullptr ? nullptr : work.raw + (to - work.y);
      product<kLanes, kPixels>({filtered, bands.pitch, 1, residual, raw, work.out}, pixels, work.project,
                               work.project_bias, work.wide, work.out, work.project_finish,
                               {to, pixels, 1, 0, work.out}, 0);
    } else {
      copy_pixels(filtered, bands.pitch, work.out, pixels, to, work.out);
    }
  }
}

}  // namespace
}  // namespace strop::kernels
