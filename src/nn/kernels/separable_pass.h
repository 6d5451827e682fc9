// The pass of `separable_gradient` over a picture, for one kind of processor: as conv_pass.h.
#pragma once

#include "nn/kernels/conv_pass.h"
#include "nn/kernels/separable_bands.h"
#include "nn/kernels/tap_sums.h"

namespace strop::kernels {
namespace {

// Rows of a weight's gradient that are summed at once: channels are multiples of it in most networks.
constexpr int kSummed = 8;

STROP_INLINE float sigmoid(float z) { return 1.0F / (1.0F + fast_exp(-z)); }

// g[i] *= finish'(z[i]), and z[i] = finish(z[i]).
__attribute__((noinline)) void turn_back(const Finish& finish, std::int64_t count, float* z, float* g) {
  if (finish.bend == Bend::clip) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      g[i] = z[i] > finish.low && z[i] < finish.high ? g[i] : 0.0F;
      const float above = z[i] < finish.low ? finish.low : z[i];
      z[i] = above > finish.high ? finish.high : above;
    }
  } else if (finish.bend == Bend::silu) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      const float part = sigmoid(z[i]);
      g[i] *= part * (1.0F + z[i] * (1.0F - part));
      z[i] *= part;
    }
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      const float gate = z[i] + 3.0F, part = (gate < 0.0F ? 0.0F : gate > 6.0F ? 6.0F : gate) * (1.0F / 6.0F);
      g[i] *= part + (gate > 0.0F && gate < 6.0F ? z[i] * (1.0F / 6.0F) : 0.0F);
      z[i] *= part;
    }
  }
}

// sums[c] += of all pixels.
__attribute__((noinline)) void add_pixels(const float* from, std::int64_t pixels, std::int64_t pitch, float* sums) {
  for (std::int64_t p = 0; p < pixels; ++p) {
#pragma omp simd
    for (std::int64_t c = 0; c < pitch; ++c) sums[c] += from[p * pitch + c];
  }
}

// sums[o][c] += sum over pixels of g[pixel][o] * a[pixel][c].
template <int kLanes>
STROP_INLINE void add_outer(const float* g, std::int64_t g_pitch, std::int64_t out, const float* a, std::int64_t pitch,
                            std::int64_t pixels, const float* zeros, float* sums) {
  const Finish as_it_is{};
  for (std::int64_t o = 0; o < out; o += kSummed) {
    const std::int64_t count = least(kSummed, out - o);
    float* to[kSummed];
    for (std::int64_t i = 0; i < count; ++i) to[i] = sums + (o + i) * pitch;
    const Rows rows = {g + o, 1, g_pitch, sums + o * pitch, nullptr, pitch};
    for (std::int64_t c = 0; c < pitch; c += 2 * kLanes) {
      const Weights weight = {a + c, pitch, kLanes};
      const std::int64_t columns = least(2 * kLanes, pitch - c);
      if (count == kSummed) {
        product_column<kLanes, kSummed>(rows, count, weight, zeros, pixels, c, columns, as_it_is, to);
      } else {
        product_column<kLanes, 1>(rows, count, weight, zeros, pixels, c, columns, as_it_is, to);
      }
    }
  }
}

// A detector's classes have a gradient at few pixels; bands without one are passed over.
__attribute__((noinline)) bool all_zero(const float* from, std::int64_t count) {
  std::uint32_t any = 0;
  for (std::int64_t i = 0; i < count; ++i) any |= __builtin_bit_cast(std::uint32_t, from[i]) << 1;  // but for the sign
  return any == 0;
}

// The rows of a ring that a filter reads for row `at`; zeros beyond the picture, and for a row of which the ring holds
// nothing (lit[row % kept] false). Returns whether any is held.
STROP_INLINE bool taps_of(const Separable& work, const SeparableBands& bands, std::int64_t at, const float* zeros,
                          const float* ring, const bool* lit, const float** taps) {
  bool any = false;
  for (std::int64_t ky = 0; ky < work.kernel; ++ky) {
    const std::int64_t row = at + ky - work.kernel / 2;
    const bool held = row >= 0 && row < work.height && (lit == nullptr || lit[row % bands.kept]);
    taps[ky] = held ? ring + row % bands.kept * bands.row() : zeros;
    any = any || held;
  }
  return any;
}

template <int kLanes, int kPixels, int kKernel>
STROP_INLINE void separable_pass(const Separable& work) {
  const SeparableBands bands(work);
  const std::int64_t most_pixels = bands.pixels(work), reach = kKernel / 2, inside = reach * bands.pitch;
  float* const zeros = work.scratch;
  float* const xs = zeros + bands.row();              // ring of the picture's rows, zeros at both ends
  float* const gs = xs + bands.kept * bands.row();    // ring of the rows of the gradient of the filtered picture
  float* const wide = gs + bands.kept * bands.row();  // of a band: filtered pixels
  float* const g_wide = wide + most_pixels * bands.pitch;
  float* const g_out = g_wide + most_pixels * bands.pitch;
  float* const outs = g_out + most_pixels * bands.out_pitch;
  __builtin_memset(zeros, 0, static_cast<std::size_t>(outs + most_pixels * bands.out_pitch - zeros) * sizeof(float));
  const Finish as_it_is{};
  const std::int64_t row_floats = work.width * bands.pitch;
  const float* taps[kKernel];
  std::int64_t read = 0, left = 0;           // rows of the picture in its ring, rows of d_x done
  bool lit[SeparableBands::kMostKept] = {};  // of the rows in `gs`: not all zero
  for (std::int64_t first = 0; first < work.height; first += bands.rows) {
    const std::int64_t last = least(first + bands.rows, work.height), pixels = (last - first) * work.width;
    const bool any = !all_zero(work.g + first * work.width * work.out, pixels * work.out);
    for (std::int64_t row = first; row < last; ++row) lit[row % bands.kept] = any;
    if (any) {
      if (read < first - reach) read = first - reach;
      for (; read < least(last + reach, work.height); ++read) {
        copy_pixels(work.x + read * work.width * work.channels, work.channels, work.channels, work.width,
                    xs + read % bands.kept * bands.row() + inside, bands.pitch);
      }
      const std::int64_t from = first * work.width * work.out;
      copy_pixels(work.g + from, work.out, work.out, pixels, g_out, bands.out_pitch);
      copy_pixels(work.raw + from, work.out, work.out, pixels, outs, bands.out_pitch);
      turn_back(work.project_finish, pixels * bands.out_pitch, outs, g_out);
      product<kLanes, kPixels>({g_out, bands.out_pitch, 1, nullptr, nullptr, 0}, pixels, work.project_turned, zeros,
                               work.out, bands.pitch, as_it_is, {g_wide, pixels, 1, 0, bands.pitch}, 0);
      for (std::int64_t row = first; row < last; ++row) {
        taps_of(work, bands, row, zeros, xs, nullptr, taps);
        filter_row<kLanes, kKernel, 1>({taps, work.filter, work.filter_bias, wide + (row - first) * row_floats,
                                        bands.pitch, kKernel, 1, 1, work.width, bands.pitch},
                                       bands.pitch, as_it_is);
      }
      turn_back(work.filter_finish, pixels * bands.pitch, wide, g_wide);
      add_outer<kLanes>(g_out, bands.out_pitch, work.out, wide, bands.pitch, pixels, zeros, work.d_project);
      add_pixels(g_out, pixels, bands.out_pitch, work.d_project_bias);
      add_pixels(g_wide, pixels, bands.pitch, work.d_filter_bias);
      for (std::int64_t row = first; row < last; ++row) {
        float* const own = gs + row % bands.kept * bands.row() + inside;
        __builtin_memcpy(own, g_wide + (row - first) * row_floats,
                         static_cast<std::size_t>(row_floats) * sizeof(float));
        taps_of(work, bands, row, zeros, xs, nullptr, taps);
        for (std::int64_t ky = 0; ky < kKernel; ++ky) {
          for (std::int64_t channel = 0; channel < bands.pitch; channel += kLanes) {
            add_taps<kLanes, kKernel, 1>({own, taps[ky], 1, work.width, 0, 0, bands.pitch}, channel,
                                         work.d_filter + ky * kKernel * bands.pitch);
          }
        }
      }
    }
    // Rows whose neighbours all have their gradient now.
    for (; work.d_x != nullptr && left < (last == work.height ? last : last - reach); ++left) {
      float* const to = work.d_x + left * work.width * work.channels;
      if (!taps_of(work, bands, left, zeros, gs, lit, taps)) {
        __builtin_memset(to, 0, static_cast<std::size_t>(work.width * work.channels) * sizeof(float));
        continue;
      }
      filter_row<kLanes, kKernel, 1>(
          {taps, work.filter_turned, zeros, to, bands.pitch, kKernel, 1, 1, work.width, work.channels}, work.channels,
          as_it_is);
    }
  }
}

template <int kLanes, int kPixels>
STROP_INLINE void separable_pass(const Separable& work) {
  if (work.kernel == 3) return separable_pass<kLanes, kPixels, 3>(work);
  separable_pass<kLanes, kPixels, 5>(work);
}

}  // namespace
}  // namespace strop::kernels
