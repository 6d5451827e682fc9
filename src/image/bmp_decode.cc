#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "image/formats.h"
#include "image/orient.h"

namespace strop {
namespace {

enum Compression : std::uint32_t { kNone = 0, kRunLength8 = 1, kRunLength4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

using Color = std::array<std::uint8_t, 3>;

struct Header {
  std::uint32_t pixels_at = 0, info_size = 0, bits = 0, compression = kNone, colors = 0;
  std::int64_t width = 0, height = 0;  // height below 0: rows from top to bottom
  std::array<std::uint32_t, 3> masks{};
};

[[noreturn]] void fail_bmp(const PictureFile& file, const char* what) {
  fail(ErrorKind::data, "{}: the BMP file {}; replace or convert it", file.name, what);
}

std::uint32_t number(const PictureFile& file, std::size_t at, std::size_t size) {
  if (at > file.bytes.size() || file.bytes.size() - at < size) fail_bmp(file, "is truncated");
  std::uint32_t value = 0;
  std::memcpy(&value, file.bytes.data() + at, size);
  return value;
}

constexpr std::size_t kFileHeader = 14;

void read_masks(const PictureFile& file, Header& header) {
  if (header.compression == kBitFields || header.compression == kAlphaBitFields) {
    for (std::size_t c = 0; c < 3; ++c) header.masks[c] = number(file, kFileHeader + 40 + 4 * c, 4);
    header.compression = kNone;
  } else if (header.bits == 16) {
    header.masks = {0x7C00, 0x03E0, 0x001F};
  } else {
    header.masks = {0xFF0000, 0x00FF00, 0x0000FF};
  }
}

Header read_header(const PictureFile& file) {
  Header header;
  header.pixels_at = number(file, 10, 4);
  header.info_size = number(file, kFileHeader, 4);
  if (header.info_size == 12) {  // OS/2
    header.width = number(file, kFileHeader + 4, 2);
    header.height = static_cast<std::int16_t>(number(file, kFileHeader + 6, 2));
    header.bits = number(file, kFileHeader + 10, 2);
  } else if (header.info_size >= 40) {
    header.width = static_cast<std::int32_t>(number(file, kFileHeader + 4, 4));
    header.height = static_cast<std::int32_t>(number(file, kFileHeader + 8, 4));
    header.bits = number(file, kFileHeader + 14, 2);
    header.compression = number(file, kFileHeader + 16, 4);
    header.colors = number(file, kFileHeader + 32, 4);
  } else {
    fail_bmp(file, "has an unknown kind of header");
  }
  check_size(file, header.width, std::abs(header.height));
  const bool direct = header.bits == 16 || header.bits == 24 || header.bits == 32;
  const bool indexed = header.bits == 1 || header.bits == 4 || header.bits == 8;
  if (!direct && !indexed) fail_bmp(file, "has an unknown number of bits a pixel");
  if (direct) read_masks(file, header);
  const bool packed = (header.compression == kRunLength8 && header.bits == 8) ||
                      (header.compression == kRunLength4 && header.bits == 4);
  if (header.compression != kNone && !packed) fail_bmp(file, "is compressed in a way that is not known");
  return header;
}

std::array<Color, 256> read_palette(const PictureFile& file, const Header& header) {
  std::array<Color, 256> palette{};
  const std::size_t entry = header.info_size == 12 ? 3 : 4;
  const std::uint32_t most = 1U << header.bits;
  const std::uint32_t colors = header.colors == 0 ? most : std::min(header.colors, most);
  for (std::uint32_t i = 0; i < colors; ++i) {
    const std::uint32_t bgr = number(file, kFileHeader + header.info_size + entry * i, 3);
    palette[i] = {static_cast<std::uint8_t>(bgr >> 16), static_cast<std::uint8_t>(bgr >> 8),
                  static_cast<std::uint8_t>(bgr)};
  }
  return palette;
}

// The bits of `mask`, spread over 0 .. 255.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  const std::uint64_t value = (pixel & mask) >> shift, most = mask >> shift;
  return static_cast<std::uint8_t>(value * 255 / most);
}

void put(std::uint8_t* to, const Color& color) { std::copy(color.begin(), color.end(), to); }

void read_indexed(const PictureFile& file, const Header& header, Picture& picture) {
  const auto palette = read_palette(file, header);
  const std::size_t stride = (static_cast<std::size_t>(header.width) * header.bits + 31) / 32 * 4;
  for (int y = 0; y < picture.height(); ++y) {
    const std::size_t at = header.pixels_at + stride * static_cast<std::size_t>(y);
    for (int x = 0; x < picture.width(); ++x) {
      const std::size_t bit = static_cast<std::size_t>(x) * header.bits;
      const std::uint32_t byte = number(file, at + bit / 8, 1);
      const std::uint32_t index = (byte >> (8 - header.bits - bit % 8)) & ((1U << header.bits) - 1);
      put(picture.row(y) + 3 * x, palette[index]);
    }
  }
}

void read_direct(const PictureFile& file, const Header& header, Picture& picture) {
  const std::size_t bytes = header.bits / 8;
  const std::size_t stride = (static_cast<std::size_t>(header.width) * bytes + 3) / 4 * 4;
  for (int y = 0; y < picture.height(); ++y) {
    const std::size_t at = header.pixels_at + stride * static_cast<std::size_t>(y);
    for (int x = 0; x < picture.width(); ++x) {
      const std::uint32_t pixel = number(file, at + bytes * static_cast<std::size_t>(x), bytes);
      put(picture.row(y) + 3 * x,
          {channel(pixel, header.masks[0]), channel(pixel, header.masks[1]), channel(pixel, header.masks[2])});
    }
  }
}

// Runs of one or two indices, literal runs, jumps; what is jumped over keeps index 0.
void read_run_length(const PictureFile& file, const Header& header, Picture& picture) {
  const auto palette = read_palette(file, header);
  picture = Picture(picture.width(), picture.height(), palette[0][0], palette[0][1], palette[0][2]);
  const bool half = header.bits == 4;
  std::size_t at = header.pixels_at;
  int x = 0, y = 0;
  const auto next = [&] { return number(file, at++, 1); };
  const auto draw = [&](std::uint32_t byte, std::uint32_t i) {
    const std::uint32_t index = !half ? byte : i % 2 == 0 ? byte >> 4 : byte & 15;
    if (x < picture.width()) put(picture.row(y) + 3 * x++, palette[index]);
  };
  while (y < picture.height()) {
    const std::uint32_t count = next(), value = next();
    if (count > 0) {
      for (std::uint32_t i = 0; i < count; ++i) draw(value, i);
    } else if (value == 0) {
      x = 0, ++y;
    } else if (value == 1) {
      return;
    } else if (value == 2) {
      x = std::min(x + static_cast<int>(next()), picture.width());
      y += static_cast<int>(next());
    } else {
      std::uint32_t byte = 0;
      for (std::uint32_t i = 0; i < value; ++i) {
        if (!half || i % 2 == 0) byte = next();
        draw(byte, i);
      }
      at += (at - header.pixels_at) % 2;  // literal runs end at an even place
    }
  }
}

}  // namespace

PictureInfo probe_bmp(const PictureFile& file) {
  const Header header = read_header(file);
  return {PictureFormat::bmp, static_cast<int>(header.width), static_cast<int>(std::abs(header.height)), 1};
}

Picture decode_bmp(const PictureFile& file) {
  const Header header = read_header(file);
  Picture picture(static_cast<int>(header.width), static_cast<int>(std::abs(header.height)));
  if (header.compression != kNone) {
    read_run_length(file, header, picture);
  } else if (header.bits <= 8) {
    read_indexed(file, header, picture);
  } else {
    read_direct(file, header, picture);
  }
  // Stored from the bottom up unless the height is negative.
  return header.height > 0 ? upright(std::move(picture), 4) : picture;
}

}  // namespace strop
