// EXIF's eight orientations: what to do to the stored picture so that it stands upright.
#pragma once

#include "image/picture.h"
#include "image/rect.h"

namespace strop {

// True where width and height change places (5 to 8).
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

// The upright picture; orientation 1 is free.
Picture upright(Picture stored, int orientation);

// Where a box of the upright picture lies in the stored one of width x height.
Box stored_box(const Box& box, int orientation, int width, int height);
// And the other way round.
Box upright_box(const Box& box, int orientation, int width, int height);
Rect upright_rect(const Rect& box, int orientation, int width, int height);

}  // namespace strop
