// Changes of colour that leave every pixel in its place, equal to Pillow's ImageEnhance and ImageOps to the bit.
//
// `factor` 1 leaves the picture, 0 takes the property away, above 1 exaggerates. All work in place.
#pragma once

#include "image/picture.h"

namespace strop {

void adjust_brightness(Picture& picture, double factor);
void adjust_contrast(Picture& picture, double factor);
void adjust_saturation(Picture& picture, double factor);
void adjust_sharpness(Picture& picture, double factor);
// Turns the colour wheel by `share` of a full turn, -0.5 .. 0.5.
void adjust_hue(Picture& picture, double share);

void posterize(Picture& picture, int bits);      // keeps the highest `bits` bits
void solarize(Picture& picture, int threshold);  // inverts levels from `threshold` on
void autocontrast(Picture& picture);             // each channel stretched to 0 .. 255
void equalize(Picture& picture);                 // each channel's histogram made flat

}  // namespace strop
