// A random part of a picture that keeps boxes, as SSD (arXiv 1512.02325) draws them for training.
//
// SSD asks for an overlap (IoU) of the part with a box, which small boxes can't have with any part. Here it is the
// share of a box's own area that must lie in the part, and every box that stays has it.
#pragma once

#include "core/rng.h"
#include "image/boxed_picture.h"

namespace strop {

// A part whose sides are 0.3 to 1 of the picture's, at most twice as wide as high or the other way round. A box stays
// where its middle is inside; of those that stay at least the share `least` is inside, and one stays where there are
// any. After 50 tries: the whole picture.
Box keeping_crop(const std::vector<TrueBox>& boxes, int width, int height, double least, Rng& rng);

// keeping_crop with a share drawn from 0.1, 0.3, 0.5, 0.7 and 0.9, made: boxes whose middle is outside are lost, the
// others are cut to the part (boxes_inside).
BoxedPicture crop_keeping_boxes(const BoxedPicture& source, Rng& rng);

}  // namespace strop
