// RGB pixels as JPEG and PNG files in memory: thumbnails of reports, pictures with drawings.
#pragma once

#include <string>

#include "image/picture.h"

namespace strop {

// quality 1 .. 100 (clipped), chroma halved in both directions. 224 x 224: 0.3 ms, about 12 kB at 85.
std::string encode_jpeg(const PictureView& view, int quality = 85);

// Lossless. 224 x 224: about 10 ms, 80 kB for a photo.
std::string encode_png(const PictureView& view);

}  // namespace strop
