// From a file's bytes to the pixels that a network sees, for evaluation and for training.
#pragma once

#include <string>
#include <string_view>

#include "core/rng.h"
#include "image/augment/levels.h"
#include "image/decode.h"
#include "image/input_form.h"

namespace strop {

// A picture as it lies in a file or in memory. The bytes must outlive the object.
struct PictureSource {
  std::string_view bytes;
  std::string name;                   // for messages
  int raw_width = 0, raw_height = 0;  // above 0: the bytes are raw 8-bit grey (idx files), no picture file
};

// Prepares pictures in one way. Immutable, so threads share it.
class PictureMaker {
 public:
  PictureMaker(const InputForm& form, const AugmentForm& augment, const DecodeOptions& decode = {});

  // form.width x form.height pixels by the evaluation transform, decoded in full. Error(data) as decode.h says.
  Picture evaluation(const PictureSource& source) const;
  // With the random crop and changes; everything random comes from `rng`, keyed (seed, augment, {epoch, sample}). Only
  // the crop is decoded, at a reduced scale where the crop stays above the network's size.
  Picture training(const PictureSource& source, Rng rng) const;

  const InputForm& form() const { return form_; }

 private:
  InputForm form_;
  AugmentForm augment_;
  DecodeOptions decode_;
  Augmentations changes_;
};

// The whole picture of a source.
Picture decode_source(const PictureSource& source, const DecodeOptions& options = {});

}  // namespace strop
