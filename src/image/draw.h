// Words drawn on a picture: the labels that predict was asked to show.
#pragma once

#include <string_view>

#include "image/picture.h"

namespace strop {

// Writes `text` on a dark strip at the top, as large as its width allows (at least 7 pixels high) and cut where it is
// too long. Letters, digits and usual signs of ASCII; every other character is drawn as an empty box.
void draw_label(Picture& picture, std::string_view text);

}  // namespace strop
