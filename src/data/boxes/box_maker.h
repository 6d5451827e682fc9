// A detector's inputs: pictures placed as the network wants them, with their boxes in pixels of the input.
#pragma once

#include <memory>

#include "data/boxes/box_data.h"
#include "data/boxes/copy_sources.h"
#include "data/boxes/input_sides.h"
#include "data/image_loader.h"
#include "image/augment/boxes/box_augment.h"

namespace strop {

struct BoxWork {
  InputForm form;
  BoxAugmentForm augment;  // none: the evaluation transform
  InputSides sides;        // of training steps; BoxMaker itself makes inputs of `form`
  // The epoch from which on pictures are neither joined nor cropped, and all have the form's own side.
  std::int64_t mixing_ends = std::int64_t{1} << 40;
  DecodeOptions decode;
  std::uint64_t seed = 42;
  // Where boxes to copy come from, to share among makers; null: BoxMaker finds them where augment.copy asks for them.
  std::shared_ptr<const CopySources> copies;
};

class BoxMaker : public SampleMaker {
 public:
  // `split` must outlive it.
  BoxMaker(const BoxSplit& split, BoxWork work);

  std::size_t floats() const override {
    return 3 * static_cast<std::size_t>(work_.form.width) * static_cast<std::size_t>(work_.form.height);
  }
  void make(std::int64_t sample, std::int64_t epoch, float* pixels, InputBoxes& boxes) const override;
  const std::string& name_of(std::int64_t sample) const override {
    return split_.samples[static_cast<std::size_t>(sample)].name;
  }

  // The input before its normalisation.
  BoxedPicture input(std::int64_t sample, std::int64_t epoch) const;

 private:
  BoxedPicture decoded(std::int64_t sample) const;
  // Of a sample that another one's input takes up: one pixel without boxes where it has gone bad since the check, since
  // its own turn says so.
  BoxedPicture other(std::int64_t sample) const;

  const BoxSplit& split_;
  BoxWork work_;
};

}  // namespace strop
