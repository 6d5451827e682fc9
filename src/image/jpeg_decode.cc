#include <algorithm>
#include <cstdio>
#include <vector>

// jpeglib.h needs cstdio before it.
#include <jpeglib.h>

#include <jerror.h>

#include "core/text.h"
#include "image/escape.h"
#include "image/formats.h"

namespace strop {
namespace {

constexpr int kMostScans = 500;  // a progressive file of a few kilobytes can ask for hours of scans

struct JpegDecoder {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  Escape escape;

  JpegDecoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = &JpegDecoder::leave;
    errors.emit_message = &JpegDecoder::warn;
    info.client_data = this;
    jpeg_create_decompress(&info);
    progress.progress_monitor = &JpegDecoder::count_scans;
    info.progress = &progress;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  [[noreturn]] static void leave(j_common_ptr info) {
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    static_cast<JpegDecoder*>(info->client_data)->escape.leave(text);
  }
  // libjpeg goes on at the end of the data with grey; as Pillow, we do not.
  static void warn(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) leave(info);
  }
  static void count_scans(j_common_ptr info) {
    auto* self = static_cast<JpegDecoder*>(info->client_data);
    if (self->info.input_scan_number > kMostScans) self->escape.leave("too many scans");
  }
};

[[noreturn]] void fail_jpeg(const PictureFile& file, const JpegDecoder& decoder) {
  fail(ErrorKind::data, "{}: the JPEG data is truncated or damaged ({}); replace or remove the file", file.name,
       decoder.escape.message);
}

void read_header(const PictureFile& file, JpegDecoder& decoder) {
  auto* bytes = reinterpret_cast<const unsigned char*>(file.bytes.data());
  jpeg_mem_src(&decoder.info, bytes, static_cast<unsigned long>(file.bytes.size()));
  jpeg_save_markers(&decoder.info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&decoder.info, TRUE);
}

int orientation_of(const jpeg_decompress_struct& info) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (auto marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (starts_with(data, kExif)) return orientation_of_tiff(data.substr(kExif.size()));
  }
  return 1;
}

// What is decoded of a picture, in pixels of the shrunk one: whole columns of blocks, exactly the rows.
struct Region {
  JDIMENSION x = 0, width = 0;
  int y = 0, height = 0;
  Box inner;  // the wanted box in it
};

// The wanted box at the reduced scale; never empty, never outside.
Box shrunk(const Box& box, int shrink, int width, int height) {
  const int left = std::min(box.x / shrink, width - 1), top = std::min(box.y / shrink, height - 1);
  const int right = std::clamp((box.x + box.width + shrink / 2) / shrink, left + 1, width);
  const int bottom = std::clamp((box.y + box.height + shrink / 2) / shrink, top + 1, height);
  return {left, top, right - left, bottom - top};
}

void start(JpegDecoder& decoder, const Box& wanted, int shrink, Region& region) {
  auto& info = decoder.info;
  info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(shrink);
  jpeg_start_decompress(&info);
  const int width = static_cast<int>(info.output_width), height = static_cast<int>(info.output_height);
  region.inner = shrunk(wanted, shrink, width, height);
  region.y = region.inner.y, region.height = region.inner.height;
  region.x = 0, region.width = info.output_width;
  if (region.inner.width < width) {
    // Chroma is interpolated between neighbours: a margin keeps the box's own pixels those of the whole picture.
    constexpr int kMargin = 2;
    const int left = std::max(region.inner.x - kMargin, 0);
    const int right = std::min(region.inner.x + region.inner.width + kMargin, width);
    region.x = static_cast<JDIMENSION>(left), region.width = static_cast<JDIMENSION>(right - left);
    jpeg_crop_scanline(&info, &region.x, &region.width);
  }
  region.inner.x -= static_cast<int>(region.x);
  region.inner.y = 0;
  if (region.y > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(region.y));
}

// Stored inverted, as Adobe's programs do and Pillow assumes of all: 255 is no ink.
void cmyk_to_rgb(const unsigned char* from, std::uint8_t* to, std::size_t pixels) {
  for (std::size_t i = 0; i < pixels; ++i, from += 4, to += 3) {
    const int light = from[3];
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - from[c]) * light + 128;
      to[c] = static_cast<std::uint8_t>(std::max(light - (((product >> 8) + product) >> 8), 0));
    }
  }
}

void read_rows(JpegDecoder& decoder, Picture& picture, std::vector<unsigned char>& ink) {
  auto& info = decoder.info;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  for (int y = 0; y < picture.height();) {
    JSAMPROW row = cmyk ? ink.data() : picture.row(y);
    if (jpeg_read_scanlines(&info, &row, 1) != 1) continue;
    if (cmyk) cmyk_to_rgb(ink.data(), picture.row(y), static_cast<std::size_t>(picture.width()));
    ++y;
  }
}

}  // namespace

PictureInfo probe_jpeg(const PictureFile& file) {
  JpegDecoder decoder;
  if (!completes(decoder.escape, [&] { read_header(file, decoder); })) fail_jpeg(file, decoder);
  check_size(file, decoder.info.image_width, decoder.info.image_height);
  return {PictureFormat::jpeg, static_cast<int>(decoder.info.image_width), static_cast<int>(decoder.info.image_height),
          orientation_of(decoder.info)};
}

PicturePart decode_jpeg(const PictureFile& file, const Box& box, int shrink) {
  JpegDecoder decoder;
  Region region;
  PicturePart part;
  std::vector<unsigned char> ink;
  const bool complete = completes(decoder.escape, [&] {
    read_header(file, decoder);
    start(decoder, box, shrink, region);
    part.picture = Picture(static_cast<int>(region.width), region.height);
    if (decoder.info.out_color_space == JCS_CMYK) ink.resize(4 * static_cast<std::size_t>(region.width));
    read_rows(decoder, part.picture, ink);
  });
  if (!complete) fail_jpeg(file, decoder);
  part.box = region.inner;
  return part;
}

}  // namespace strop
