// Boxes cut out of one picture and laid onto another: more of what is rare, in other surroundings.
#pragma once

#include "core/rng.h"
#include "image/boxed_picture.h"

namespace strop {

// Lays up to three of `source`'s boxes, drawn at random, onto `canvas` with their pixels: at the size that they have
// where the whole source is placed as `form` says, times 0.8 to 1.25, anywhere that covers at most a fifth of a box
// that is there, nor has more than a fifth of itself on one. Left out are those with a side of less than 4 pixels or
// more than half the canvas, and those for which 20 places were not free. Counted in canvas.copied.
void copy_boxes(const BoxedPicture& source, const InputForm& form, BoxedPicture& canvas, Rng& rng);

}  // namespace strop
