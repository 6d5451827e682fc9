// Words and boxes drawn on a picture: what predict was asked to show.
#pragma once

#include <array>
#include <string_view>

#include "image/picture.h"
#include "image/rect.h"

namespace strop {

// Writes `text` on a dark strip at the top, as large as its width allows (at least 7 pixels high) and cut where it is
// too long. Letters, digits and usual signs of ASCII; every other character is drawn as an empty box.
void draw_label(Picture& picture, std::string_view text);

// The outline of `box` (pixels of the picture; what is outside is not drawn), as thick as the picture's size asks, and
// `text` (may be empty) on a strip of the same colour at its top.
void draw_box(Picture& picture, const Rect& box, const std::array<std::uint8_t, 3>& colour, std::string_view text);

// Colours that are far apart, one for each label, again from the first behind the last.
std::array<std::uint8_t, 3> label_colour(std::int32_t label);

}  // namespace strop
