#include "nn/kernels/conv.h"

#include <algorithm>

#include "nn/kernels/conv_tile.h"

namespace strop::kernels {
namespace {

// Pixels that a step of `inverted` hands to its products, at least: enough to pay for reading the weights once.
constexpr std::int64_t kStepPixels = 96;

// Pixels that go through all panels of a weight before the next ones: their addresses are worked out once, a panel is
// read from the second cache once for all of them.
constexpr std::int64_t kBlock = 8 * kPixels;

// A product's rows by number.
struct Addresses {
  const float* x;
  std::int64_t x_stride;
  const float* residual;  // may be null
  std::int64_t residual_stride;
};

// `y_of` gives the place of a pixel's result.
template <Bend kBend, class Places>
STROP_INLINE void product(const Addresses& from, std::int64_t pixels, const float* weight, const float* bias,
                          std::int64_t in, std::int64_t out, const Finish& finish, const Places& y_of) {
  const float *x[kBlock], *residual[kBlock];
  float* y[kBlock];
  for (std::int64_t begin = 0; begin < pixels; begin += kBlock) {
    const std::int64_t count = std::min(kBlock, (pixels - begin + kPixels - 1) / kPixels * kPixels);
    for (std::int64_t p = 0; p < count; ++p) {
      // Behind the last pixel the tile computes that one again.
      const std::int64_t pixel = std::min(begin + p, pixels - 1);
      x[p] = from.x + pixel * from.x_stride;
      y[p] = y_of(pixel);
      if (from.residual != nullptr) residual[p] = from.residual + pixel * from.residual_stride;
    }
    for (std::int64_t c = 0; c < out; c += kPanel) {
      const std::int64_t columns = std::min(kPanel, out - c);
      for (std::int64_t p = 0; p < count; p += kPixels) {
        const float* const* const more = from.residual != nullptr ? residual + p : nullptr;
        if (columns > kPanel / 2) {
          product_tile<kPanel, kBend>(x + p, in, weight + c * in, bias + c, more, c, columns, finish, y + p);
        } else {
          product_tile<kPanel / 2, kBend>(x + p, in, weight + c * in, bias + c, more, c, columns, finish, y + p);
        }
      }
    }
  }
}

template <Bend kBend>
STROP_INLINE void filter_row(const FilterRow& work, std::int64_t channels, const Finish& finish) {
  for (std::int64_t c = 0; c < channels; c += kPanel) {
    for (std::int64_t pixel = 0; pixel < work.width; pixel += kFiltered) {
      // The last tile begins early rather than end late.
      filter_tile<kBend>(work, std::max<std::int64_t>(0, std::min(pixel, work.width - kFiltered)), c, std::min(kPanel, channels - c), finish);
    }
  }
}

// How `inverted` divides a picture: `rows` results at a time, of a ring of `kept` rows of the wide tensor.
struct Bands {
  std::int64_t rows, kept, columns, pitch, y_columns;
  explicit Bands(const Inverted& work) {
    const auto reach = (work.kernel - 1) * work.dilation;
    const auto rows_wanted = (kStepPixels + work.width * work.stride - 1) / (work.width * work.stride);
    rows = std::max<std::int64_t>(1, std::min(rows_wanted, work.out_height));
    kept = (rows - 1) * work.stride + reach + 1;
    y_columns = std::max(work.out_width, kFiltered);
    columns = std::max((y_columns - 1) * work.stride + reach + 1, work.left + work.width);
    pitch = padded_channels(work.wide);
  }
  std::int64_t row() const { return columns * pitch; }
};

// Rows first .. last-1 of the wide tensor into the ring.
template <Bend kBend>
STROP_INLINE void widen(const Inverted& work, const Bands& bands, std::int64_t first, std::int64_t last, float* ring) {
  const auto place = [&](std::int64_t pixel) {
    const std::int64_t row = first + pixel / work.width;
    return ring + (row % bands.kept) * bands.row() + (work.left + pixel % work.width) * bands.pitch;
  };
  const std::int64_t pixels = (last - first) * work.width;
  const float* const x = work.x + first * work.width * work.in;
  if (work.expand != nullptr) {
    product<kBend>({x, work.in, nullptr, 0}, pixels, work.expand, work.expand_bias, work.in, work.wide, work.finish, place);
    return;
  }
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) std::copy_n(x + pixel * work.in, work.in, place(pixel));
}

template <Bend kBend>
STROP_INLINE void run(const Inverted& work) {
  const Bands bands(work);
  float* const zeros = work.scratch;
  float* const ring = zeros + bands.row();
  float* const filtered = ring + bands.kept * bands.row();
  std::fill(zeros, filtered, 0.0F);
  const bool direct = work.project == nullptr && work.out_width >= kFiltered;
  const std::int64_t y_pitch = direct ? work.out : bands.pitch, y_row = direct ? work.out_width * work.out : bands.y_columns * bands.pitch;
  std::int64_t made = 0;  // rows of the wide tensor so far
  for (std::int64_t first = 0; first < work.out_height; first += bands.rows) {
    const std::int64_t rows = std::min(bands.rows, work.out_height - first);
    const std::int64_t need = std::min(work.height, (first + rows - 1) * work.stride - work.above + (work.kernel - 1) * work.dilation + 1);
    const std::int64_t begin = std::max<std::int64_t>(made, need - bands.kept);
    if (need > begin) widen<kBend>(work, bands, begin, need, ring);
    made = std::max(made, need);
    float* const y = direct ? work.y + first * y_row : filtered;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* taps[kMostTaps];
      for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
        const std::int64_t at = (first + row) * work.stride - work.above + ky * work.dilation;
        taps[ky] = at < 0 || at >= work.height ? zeros : ring + (at % bands.kept) * bands.row();
      }
      filter_row<kBend>({taps, work.filter, work.filter_bias, y + row * y_row, bands.pitch, work.kernel, work.stride,
                         work.dilation, work.out_width, y_pitch},
                        direct ? work.wide : bands.pitch, work.finish);
    }
    if (direct) continue;
    float* const to = work.y + first * work.out_width * work.out;
    for (std::int64_t row = 0; row < rows; ++row) {
      // Rows of the filtered tensor follow each other without a gap unless they are shorter than a tile.
      const bool together = bands.y_columns == work.out_width;
      const std::int64_t pixels = together ? rows * work.out_width : work.out_width;
      const float* const x = filtered + row * y_row;
      float* const out = to + row * work.out_width * work.out;
      const auto place = [&](std::int64_t pixel) { return out + pixel * work.out; };
      if (work.project != nullptr) {
        const float* const residual = work.residual == nullptr ? nullptr : work.residual + (out - work.y);
        product<Bend::clip>({x, bands.pitch, residual, work.out}, pixels, work.project, work.project_bias, work.wide,
                            work.out, work.project_finish, place);
      } else {
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel) std::copy_n(x + pixel * bands.pitch, work.out, place(pixel));
      }
      if (together) break;
    }
  }
}

}  // namespace

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
  return (1 + bands.kept) * bands.row() + bands.rows * bands.y_columns * bands.pitch;
}

STROP_CLONES void inverted(const Inverted& work) {
  switch (work.finish.bend) {
    case Bend::clip: return run<Bend::clip>(work);
    case Bend::silu: return run<Bend::silu>(work);
    case Bend::hardswish: return run<Bend::hardswish>(work);
  }
}

}  // namespace strop::kernels
