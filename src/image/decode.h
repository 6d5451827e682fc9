// JPEG, PNG, WebP and BMP files to 8-bit RGB. The format is told by content, never by the file's name.
//
// Colours come out as Pillow's convert("RGB") makes them: grey spread over three channels, palettes looked up, CMYK
// taken for Adobe's inverted kind, alpha dropped. One difference: 16-bit grey keeps its high byte, where Pillow clips.
// The first frame of an animation. EXIF orientation 1 to 8 is applied, sizes are those after it.
//
// Errors are Error(data) with `name` first: unknown formats, truncated and damaged files, pictures above the limit of
// pixels. Thread-safe. Cost: JPEG about 150 Mpixel/s on a core, PNG and WebP 30 to 60.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "image/picture.h"

namespace strop {

enum class PictureFormat { jpeg, png, webp, bmp };

struct DecodeOptions {
  std::int64_t max_pixels = 89'478'485;  // width * height above this is refused unread: 256 MiB of RGB
};

struct PictureInfo {
  PictureFormat format = PictureFormat::jpeg;
  int width = 0, height = 0;
  int orientation = 1;  // EXIF's, already applied to width and height
};

// From the header alone; about 5 us.
PictureInfo probe_picture(std::string_view bytes, const std::string& name, const DecodeOptions& options = {});

Picture decode_picture(std::string_view bytes, const std::string& name, const DecodeOptions& options = {});

// A part of a picture, perhaps decoded at a half, quarter or eighth of the size.
struct PicturePart {
  Picture picture;
  Box box;  // where the wanted box lies in `picture`
};

// What training reads of a picture: only `box` (and a margin), and where the box stays at least least_width x
// least_height, at a reduced scale. JPEG files gain: rows and columns outside are not transformed, reduced scales are
// cheaper still. At full scale the pixels of the box equal decode_picture's. The others are decoded in full.
PicturePart decode_part(std::string_view bytes, const std::string& name, const Box& box, int least_width,
                        int least_height, const DecodeOptions& options = {});

// True where the end of the file is where its format says: a cheap check against truncation. False is no proof of
// damage (bytes may follow the end): decode to know.
bool looks_complete(std::string_view bytes);

}  // namespace strop
