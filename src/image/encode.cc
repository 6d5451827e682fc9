#include "image/encode.h"

#include <png.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

// jpeglib.h needs cstdio before it.
#include <jpeglib.h>

#include "image/escape.h"

namespace strop {
namespace {

struct Encoder {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  Escape escape;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  Encoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = &Encoder::leave;
    info.client_data = this;
    jpeg_create_compress(&info);
  }
  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  [[noreturn]] static void leave(j_common_ptr info) {
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    static_cast<Encoder*>(info->client_data)->escape.leave(text);
  }
};

void write_all(Encoder& encoder, const PictureView& view, int quality) {
  auto& info = encoder.info;
  jpeg_mem_dest(&info, &encoder.bytes, &encoder.size);
  info.image_width = static_cast<JDIMENSION>(view.width);
  info.image_height = static_cast<JDIMENSION>(view.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, std::clamp(quality, 1, 100), TRUE);
  info.optimize_coding = TRUE;
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < view.height; ++y) {
    JSAMPROW row = const_cast<JSAMPROW>(view.row(y));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
}

}  // namespace

std::string encode_jpeg(const PictureView& view, int quality) {
  Encoder encoder;
  if (!completes(encoder.escape, [&] { write_all(encoder, view, quality); })) {
    throw std::logic_error(std::string("libjpeg does not encode: ") + encoder.escape.message);
  }
  return {reinterpret_cast<const char*>(encoder.bytes), encoder.size};
}

std::string encode_png(const PictureView& view) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(view.width);
  image.height = static_cast<png_uint_32>(view.height);
  image.format = PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, view.data, static_cast<png_int_32>(view.stride),
                                nullptr) == 0) {
    throw std::logic_error(std::string("libpng does not encode: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace strop
