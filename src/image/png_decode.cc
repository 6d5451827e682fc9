#include <png.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "image/escape.h"
#include "image/formats.h"

namespace strop {
namespace {

struct PngDecoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view rest;
  Escape escape;

  explicit PngDecoder(std::string_view bytes) : rest(bytes) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngDecoder::leave, [](png_structp, png_const_charp) {});
    info = png == nullptr ? nullptr : png_create_info_struct(png);
    if (info == nullptr) throw std::bad_alloc();
    png_set_read_fn(png, this, &PngDecoder::read);
    // Chunks that say nothing about pixels are neither kept nor unpacked.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_size has the say
    png_set_chunk_malloc_max(png, 1 << 23);
    png_set_crc_action(png, PNG_CRC_DEFAULT, PNG_CRC_QUIET_USE);
  }
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  [[noreturn]] static void leave(png_structp png, png_const_charp text) {
    static_cast<PngDecoder*>(png_get_error_ptr(png))->escape.leave(text);
  }
  static void read(png_structp png, png_bytep to, std::size_t size) {
    auto* self = static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (self->rest.size() < size) png_error(png, "unexpected end of the file");
    std::memcpy(to, self->rest.data(), size);
    self->rest.remove_prefix(size);
  }
};

[[noreturn]] void fail_png(const PictureFile& file, const PngDecoder& decoder) {
  fail(ErrorKind::data, "{}: the PNG data is truncated or damaged ({}); replace or remove the file", file.name,
       decoder.escape.message);
}

// Everything becomes 8-bit RGB.
void ask_for_rgb(PngDecoder& decoder) {
  png_structp png = decoder.png;
  png_set_strip_16(png);  // the high byte
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
}

}  // namespace

PictureInfo probe_png(const PictureFile& file) {
  PngDecoder decoder(file.bytes);
  if (!completes(decoder.escape, [&] { png_read_info(decoder.png, decoder.info); })) fail_png(file, decoder);
  const auto width = png_get_image_width(decoder.png, decoder.info);
  const auto height = png_get_image_height(decoder.png, decoder.info);
  check_size(file, width, height);
  PictureInfo result{PictureFormat::png, static_cast<int>(width), static_cast<int>(height), 1};
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(decoder.png, decoder.info, &size, &exif) != 0) {
    result.orientation = orientation_of_tiff({reinterpret_cast<const char*>(exif), size});
  }
  return result;
}

Picture decode_png(const PictureFile& file) {
  const PictureInfo size = probe_png(file);
  PngDecoder decoder(file.bytes);
  Picture picture(size.width, size.height);
  std::vector<png_bytep> rows;
  for (int y = 0; y < size.height; ++y) rows.push_back(picture.row(y));
  const bool complete = completes(decoder.escape, [&] {
    png_read_info(decoder.png, decoder.info);
    ask_for_rgb(decoder);
    if (png_get_rowbytes(decoder.png, decoder.info) != static_cast<std::size_t>(picture.stride()))
      png_error(decoder.png, "odd rows");
    png_read_image(decoder.png, rows.data());
  });
  if (!complete) fail_png(file, decoder);
  return picture;
}

}  // namespace strop
