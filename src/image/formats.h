// The decoders behind decode.h, one a format; all throw Error(data). Orientation is not applied here.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "image/decode.h"

namespace strop {

// A file on its way through a decoder.
struct PictureFile {
  std::string_view bytes;
  const std::string& name;
  const DecodeOptions& options;
};

// Error(data) where a side is below 1 or their product above options.max_pixels.
void check_size(const PictureFile& file, std::int64_t width, std::int64_t height);

// The orientation that a TIFF block ("II*\0..." or "MM\0*...") holds; 1 where there is none or it makes no sense.
int orientation_of_tiff(std::string_view tiff);

PictureInfo probe_jpeg(const PictureFile& file);
PictureInfo probe_png(const PictureFile& file);
PictureInfo probe_webp(const PictureFile& file);
PictureInfo probe_bmp(const PictureFile& file);

// `box` within the stored picture, `shrink` 1, 2, 4 or 8.
PicturePart decode_jpeg(const PictureFile& file, const Box& box, int shrink);
Picture decode_png(const PictureFile& file);
Picture decode_webp(const PictureFile& file);
Picture decode_bmp(const PictureFile& file);

}  // namespace strop
