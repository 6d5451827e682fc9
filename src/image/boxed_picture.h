// A picture with its true boxes, and how it becomes a detector's input.
#pragma once

#include <cstdint>
#include <vector>

#include "image/input_form.h"
#include "image/picture.h"
#include "image/rect.h"

namespace strop {

struct BoxedPicture {
  Picture picture;
  std::vector<TrueBox> boxes;
  std::int64_t lost = 0;    // boxes of its pictures that random changes left out (boxes_inside)
  std::int64_t copied = 0;  // of `boxes`, those laid on it from other pictures
};

// From a picture's pixels to the input's: both are scaled, then moved.
struct Placement {
  double scale_x = 1, scale_y = 1, x = 0, y = 0;
  Rect to_input(const Rect& box) const {
    return {box.x * scale_x + x, box.y * scale_y + y, box.width * scale_x, box.height * scale_y};
  }
  // Back, cut to a picture of this size.
  Rect to_picture(const Rect& box, int width, int height) const;
};

// Where a picture of this size lies in the input: letterbox puts all of it at the left top, undistorted; squash
// stretches it; crop is no form for boxes: Error(usage) naming the key fit.
Placement placement_of(int width, int height, const InputForm& form);

// The input of form.width x form.height pixels.
Picture place_picture(const PictureView& view, const InputForm& form);

// The boxes cut to a picture of this size; those are left out of which less than a fifth of the area, or less than two
// pixels of a side that had two, is inside.
std::vector<TrueBox> boxes_inside(std::vector<TrueBox> boxes, int width, int height);

}  // namespace strop
