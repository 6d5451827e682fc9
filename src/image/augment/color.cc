#include "image/augment/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/clones.h"

namespace strop {
namespace {

using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

STROP_INLINE std::uint8_t grey_of(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>((pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

// Between (and beyond) two levels; fractions are cut off.
STROP_INLINE std::uint8_t blend(std::uint8_t from, std::uint8_t to, float factor) {
  float level = static_cast<float>(from) + factor * static_cast<float>(to - from);
  level = level < 0.0F ? 0.0F : level;
  level = level > 255.0F ? 255.0F : level;
  return static_cast<std::uint8_t>(level);
}

template <typename Level>
Table table_of(const Level& level) {
  Table table;
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = level(i);
  return table;
}

void look_up(Picture& picture, const std::array<Table, 3>& tables) {
  for (std::uint8_t *at = picture.data(), *end = at + picture.size(); at != end; at += 3) {
    for (std::size_t c = 0; c < 3; ++c) at[c] = tables[c][at[c]];
  }
}

void look_up(Picture& picture, const Table& table) {
  for (std::uint8_t *at = picture.data(), *end = at + picture.size(); at != end; ++at) *at = table[*at];
}

STROP_CLONES void blend_with(std::uint8_t* bytes, std::size_t count, std::uint8_t level, float factor) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) bytes[i] = blend(level, bytes[i], factor);
}

std::array<Histogram, 3> histograms(const Picture& picture) {
  std::array<Histogram, 3> result{};
  for (const std::uint8_t *at = picture.data(), *end = at + picture.size(); at != end; at += 3) {
    for (std::size_t c = 0; c < 3; ++c) ++result[c][at[c]];
  }
  return result;
}

STROP_CLONES std::int64_t sum_of_greys(const std::uint8_t* pixels, std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += grey_of(pixels + 3 * i);
  return sum;
}

STROP_CLONES void blend_with_grey(std::uint8_t* pixels, std::int64_t count, float factor) {
  for (std::int64_t i = 0; i < count; ++i, pixels += 3) {
    const std::uint8_t grey = grey_of(pixels);
    for (int c = 0; c < 3; ++c) pixels[c] = blend(grey, pixels[c], factor);
  }
}

// A row of the picture mixed with its own smoothed version: 3 x 3, five times the middle and each neighbour once.
STROP_CLONES void sharpen_row(const std::uint8_t* above, const std::uint8_t* row, const std::uint8_t* below,
                              std::uint8_t* out, int bytes, float factor) {
  for (int i = 3; i < bytes - 3; ++i) {
    const int sum = above[i - 3] + above[i] + above[i + 3] + row[i - 3] + 5 * row[i] + row[i + 3] + below[i - 3] +
                    below[i] + below[i + 3];
    out[i] = blend(static_cast<std::uint8_t>((2 * sum + 13) / 26), row[i], factor);
  }
}

struct Hsv {
  int hue = 0, saturation = 0, value = 0;  // each 0 .. 255
};

Hsv to_hsv(const std::uint8_t* rgb) {
  const int most = std::max({rgb[0], rgb[1], rgb[2]}), least = std::min({rgb[0], rgb[1], rgb[2]});
  if (most == least) return {0, 0, most};
  const auto range = static_cast<float>(most - least);
  const float red = static_cast<float>(most - rgb[0]) / range, green = static_cast<float>(most - rgb[1]) / range,
              blue = static_cast<float>(most - rgb[2]) / range;
  const double sector = rgb[0] == most ? blue - green : rgb[1] == most ? 2.0 + red - blue : 4.0 + green - red;
  const auto hue = static_cast<float>(std::fmod(static_cast<float>(sector) / 6.0 + 1.0, 1.0));
  return {std::clamp(static_cast<int>(hue * 255.0), 0, 255),
          std::clamp(static_cast<int>(range / static_cast<float>(most) * 255.0), 0, 255), most};
}

void to_rgb(const Hsv& hsv, std::uint8_t* rgb) {
  const auto level = [&](double share) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(hsv.value * (1.0 - share)), 0L, 255L));
  };
  const auto sector = static_cast<int>(std::floor(static_cast<float>(hsv.hue) * 6.0 / 255.0));
  const auto rest = static_cast<float>(static_cast<float>(hsv.hue) * 6.0 / 255.0 - sector);
  const auto saturation = static_cast<float>(hsv.saturation / 255.0);
  const auto full = static_cast<std::uint8_t>(hsv.value);
  const std::uint8_t low = level(saturation), falling = level(saturation * rest),
                     rising = level(saturation * (1.0 - rest));
  switch (sector % 6) {
    case 0: rgb[0] = full, rgb[1] = rising, rgb[2] = low; break;
    case 1: rgb[0] = falling, rgb[1] = full, rgb[2] = low; break;
    case 2: rgb[0] = low, rgb[1] = full, rgb[2] = rising; break;
    case 3: rgb[0] = low, rgb[1] = falling, rgb[2] = full; break;
    case 4: rgb[0] = rising, rgb[1] = low, rgb[2] = full; break;
    default: rgb[0] = full, rgb[1] = low, rgb[2] = falling; break;
  }
}

Table stretched(const Histogram& histogram) {
  int low = 0, high = 255;
  while (low < 255 && histogram[static_cast<std::size_t>(low)] == 0) ++low;
  while (high > 0 && histogram[static_cast<std::size_t>(high)] == 0) --high;
  if (high <= low) return table_of([](int i) { return static_cast<std::uint8_t>(i); });
  const double scale = 255.0 / (high - low), offset = -low * scale;
  return table_of(
      [&](int i) { return static_cast<std::uint8_t>(std::clamp(static_cast<int>(i * scale + offset), 0, 255)); });
}

Table flattened(const Histogram& histogram) {
  std::int64_t total = 0, last = 0;
  for (const auto count : histogram) {
    total += count;
    if (count > 0) last = count;
  }
  const std::int64_t step = (total - last) / 255;
  std::int64_t below = step / 2;
  return table_of([&](int i) {
    if (step == 0) return static_cast<std::uint8_t>(i);
    const auto level = static_cast<std::uint8_t>(std::min<std::int64_t>(below / step, 255));
    below += histogram[static_cast<std::size_t>(i)];
    return level;
  });
}

}  // namespace

void adjust_brightness(Picture& picture, double factor) {
  blend_with(picture.data(), picture.size(), 0, static_cast<float>(factor));
}

void adjust_contrast(Picture& picture, double factor) {
  const auto pixels = static_cast<std::int64_t>(picture.size() / 3);
  const double mean = static_cast<double>(sum_of_greys(picture.data(), pixels)) / static_cast<double>(pixels);
  blend_with(picture.data(), picture.size(), static_cast<std::uint8_t>(mean + 0.5), static_cast<float>(factor));
}

void adjust_saturation(Picture& picture, double factor) {
  blend_with_grey(picture.data(), static_cast<std::int64_t>(picture.size() / 3), static_cast<float>(factor));
}

void adjust_sharpness(Picture& picture, double factor) {
  const Picture source = picture;
  // The outermost pixels have no neighbours to be smoothed with and stay.
  for (int y = 1; y + 1 < picture.height(); ++y) {
    sharpen_row(source.row(y - 1), source.row(y), source.row(y + 1), picture.row(y), static_cast<int>(picture.stride()),
                static_cast<float>(factor));
  }
}

void adjust_hue(Picture& picture, double share) {
  const int turn = static_cast<int>(share * 255);
  for (std::uint8_t *at = picture.data(), *end = at + picture.size(); at != end; at += 3) {
    Hsv hsv = to_hsv(at);
    hsv.hue = (hsv.hue + turn) & 255;
    to_rgb(hsv, at);
  }
}

void posterize(Picture& picture, int bits) {
  look_up(picture, table_of([&](int i) { return static_cast<std::uint8_t>(i & (0xFF00 >> bits)); }));
}

void solarize(Picture& picture, int threshold) {
  look_up(picture, table_of([&](int i) { return static_cast<std::uint8_t>(i < threshold ? i : 255 - i); }));
}

void autocontrast(Picture& picture) {
  const auto counts = histograms(picture);
  look_up(picture, {stretched(counts[0]), stretched(counts[1]), stretched(counts[2])});
}

void equalize(Picture& picture) {
  const auto counts = histograms(picture);
  look_up(picture, {flattened(counts[0]), flattened(counts[1]), flattened(counts[2])});
}

}  // namespace strop
