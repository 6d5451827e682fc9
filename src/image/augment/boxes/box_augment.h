// Random changes of pictures with boxes: scale and place, mosaic, mixup, flip, colours.
//
// A training input is composed in one go at the network's size: each picture is resized once to the scale that was drawn
// and only its visible part is computed. Boxes are cut at the border (boxes_inside).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/rng.h"
#include "image/augment/augmentation.h"
#include "image/boxed_picture.h"

namespace strop {

struct BoxAugmentForm {
  double mosaic = 0;                    // share of the inputs made of four pictures
  double mixup = 0;                     // share of the inputs that are averaged with one more picture
  double flip = 0;                      // probability
  double scale_min = 1, scale_max = 1;  // of a picture, over the size at which all of it fits
  ColorJitter jitter;
  bool operator==(const BoxAugmentForm&) const = default;
};

// "none", "light", "medium", "strong"; Error(usage) naming the key augment.
BoxAugmentForm box_augment_level(std::string_view name);
// The same without what joins several pictures: for the last epochs, so that training ends on inputs as evaluation has.
BoxAugmentForm without_mixing(BoxAugmentForm form);
// "scale 0.5 to 1.5, mosaic 0.5, flip 0.5": for a person; "none".
std::string describe(const BoxAugmentForm& form);

// Any picture of the training set, drawn with the generator it is handed.
using DrawPicture = std::function<BoxedPicture(Rng&)>;

// One input of form.width x form.height. `first` is the sample's own picture.
BoxedPicture augment_boxes(BoxedPicture first, const BoxAugmentForm& augment, const InputForm& form, const DrawPicture& draw, Rng rng);

}  // namespace strop
