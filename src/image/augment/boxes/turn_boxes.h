// A random turn and shear of a picture with its boxes, about its middle (random_affine).
#pragma once

#include "core/rng.h"
#include "image/augment/augmentation.h"
#include "image/boxed_picture.h"

namespace strop {

// A box becomes the upright one about its four moved corners, as YOLOX has it (larger than what it holds, the more the
// picture is turned), cut to the picture; one that is left outside is lost (boxes_inside). Cost: that of transform.
void turn_boxes(BoxedPicture& canvas, const RandomAffine& range, const Rgb& fill, Rng& rng);

}  // namespace strop
