#include "image/decode.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/text.h"
#include "image/formats.h"
#include "image/orient.h"

namespace strop {
namespace {

std::optional<PictureFormat> format_of(std::string_view bytes) {
  if (starts_with(bytes, "\xFF\xD8\xFF")) return PictureFormat::jpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1A\n")) return PictureFormat::png;
  if (starts_with(bytes, "RIFF") && starts_with(bytes.substr(std::min<std::size_t>(8, bytes.size())), "WEBP")) {
    return PictureFormat::webp;
  }
  if (starts_with(bytes, "BM")) return PictureFormat::bmp;
  return std::nullopt;
}

// What a file that is none of ours is, for the message.
std::string_view guess(std::string_view bytes) {
  if (starts_with(bytes, "GIF8")) return "a GIF file";
  if (starts_with(bytes, "II*") || starts_with(bytes, std::string_view("MM\0*", 4))) return "a TIFF file";
  if (starts_with(bytes, "<svg") || starts_with(bytes, "<?xml")) return "an SVG or XML file";
  if (starts_with(bytes, "%PDF")) return "a PDF file";
  const auto brand = bytes.substr(std::min<std::size_t>(4, bytes.size()), 8);
  if (starts_with(brand, "ftypavif")) return "an AVIF file";
  if (starts_with(brand, "ftypheic") || starts_with(brand, "ftypmif1")) return "a HEIC file";
  const auto head = bytes.substr(0, 64);
  const bool text = std::all_of(head.begin(), head.end(),
                                [](char c) { return c == '\n' || c == '\t' || c == '\r' || (c >= ' ' && c <= '~'); });
  return text ? "text" : "unknown bytes";
}

PictureFormat known_format(const PictureFile& file) {
  if (file.bytes.empty()) fail(ErrorKind::data, "{}: the file is empty; expected a picture", file.name);
  const auto format = format_of(file.bytes);
  if (!format) {
    fail(ErrorKind::data, "{}: found {}, expected a JPEG, PNG, WebP or BMP picture; convert or remove the file",
         file.name, guess(file.bytes));
  }
  return *format;
}

PictureInfo probe_stored(const PictureFile& file) {
  switch (known_format(file)) {
    case PictureFormat::jpeg: return probe_jpeg(file);
    case PictureFormat::png: return probe_png(file);
    case PictureFormat::webp: return probe_webp(file);
    case PictureFormat::bmp: break;
  }
  return probe_bmp(file);
}

PicturePart decode_stored(const PictureFile& file, PictureFormat format, const Box& box, int shrink) {
  switch (format) {
    case PictureFormat::jpeg: return decode_jpeg(file, box, shrink);
    case PictureFormat::png: return {decode_png(file), box};
    case PictureFormat::webp: return {decode_webp(file), box};
    case PictureFormat::bmp: break;
  }
  return {decode_bmp(file), box};
}

}  // namespace

void check_size(const PictureFile& file, std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1) {
    fail(ErrorKind::data, "{}: found a picture of {} x {} pixels, expected at least 1 x 1", file.name, width, height);
  }
  if (height > file.options.max_pixels / width) {
    fail(ErrorKind::data, "{}: found {} x {} pixels, above the limit of {}; shrink the picture or raise max_pixels",
         file.name, width, height, file.options.max_pixels);
  }
}

PictureInfo probe_picture(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  PictureInfo info = probe_stored({bytes, name, options});
  if (swaps_sides(info.orientation)) std::swap(info.width, info.height);
  return info;
}

Picture decode_picture(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  const PictureFile file{bytes, name, options};
  const PictureInfo info = probe_stored(file);
  return upright(decode_stored(file, info.format, {0, 0, info.width, info.height}, 1).picture, info.orientation);
}

PicturePart decode_part(std::string_view bytes, const std::string& name, const Box& box, int least_width,
                        int least_height, const DecodeOptions& options) {
  const PictureFile file{bytes, name, options};
  const PictureInfo info = probe_stored(file);
  int shrink = 1;
  while (shrink < 8 && box.width >= 2 * shrink * least_width && box.height >= 2 * shrink * least_height) shrink *= 2;
  const Box wanted = stored_box(box, info.orientation, info.width, info.height);
  PicturePart part = decode_stored(file, info.format, wanted, shrink);
  part.box = upright_box(part.box, info.orientation, part.picture.width(), part.picture.height());
  part.picture = upright(std::move(part.picture), info.orientation);
  return part;
}

bool looks_complete(std::string_view bytes) {
  const auto format = format_of(bytes);
  if (!format) return false;
  switch (*format) {
    case PictureFormat::jpeg: return ends_with(bytes, "\xFF\xD9");
    case PictureFormat::png: return ends_with(bytes, "IEND\xAE\x42\x60\x82");
    case PictureFormat::webp:
    case PictureFormat::bmp: break;
  }
  // Both say how long they are, little-endian, at bytes 4 and 2.
  const std::size_t at = *format == PictureFormat::webp ? 4 : 2;
  if (bytes.size() < at + 4) return false;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + at, 4);
  return bytes.size() == size + (*format == PictureFormat::webp ? 8U : 0U);
}

}  // namespace strop
