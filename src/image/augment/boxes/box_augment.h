// Random changes of pictures with boxes: crop, scale and place, mosaic, turn, copies of boxes, mixup, flip,
// colours.
//
// A training input is composed in one go at the network's size: each picture is resized once to the scale that was
// drawn and only its visible part is computed. Boxes are cut at the border (boxes_inside).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/rng.h"
#include "image/augment/augmentation.h"
#include "image/boxed_picture.h"

namespace strop {

struct BoxAugmentForm {
  double mosaic = 0;  // share of the inputs made of four pictures
  double mixup = 0;   // share of the inputs that are averaged with one more picture
  double crop = 0;    // share of the pictures outside of mosaics of which a part is taken (keeping_crop.h)
  double copy = 0;    // share of the inputs that get boxes of another picture (copy_boxes.h)
  double flip = 0;    // probability
  double scale_min = 1, scale_max = 1;  // of a picture, over the size at which all of it fits
  RandomAffine affine = {};             // of the whole input (turn_boxes.h)
  ColorJitter jitter;
  bool operator==(const BoxAugmentForm&) const = default;
};

// "none", "light", "medium", "strong"; Error(usage) naming the key augment.
BoxAugmentForm box_augment_level(std::string_view name);
// The same without crops, turns and what joins several pictures: for the last epochs, so that training ends on inputs
// as evaluation has.
BoxAugmentForm without_mixing(BoxAugmentForm form);
// "scale 0.5 to 1.5, mosaic 0.5, flip 0.5": for a person; "none".
std::string describe(const BoxAugmentForm& form);

// A picture of the training set, drawn with the generator it is handed.
using DrawPicture = std::function<BoxedPicture(Rng&)>;
struct OtherPictures {
  DrawPicture any;
  DrawPicture to_copy;  // one with no other boxes than those worth copying
};

// One input of form.width x form.height. `first` is the sample's own picture.
BoxedPicture augment_boxes(BoxedPicture first, const BoxAugmentForm& augment, const InputForm& form,
                           const OtherPictures& others, Rng rng);

}  // namespace strop
