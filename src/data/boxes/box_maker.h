// A detector's inputs: pictures placed as the network wants them, with their boxes in pixels of the input.
#pragma once

#include "data/boxes/box_data.h"
#include "data/image_loader.h"
#include "image/augment/boxes/box_augment.h"

namespace strop {

struct BoxWork {
  InputForm form;
  BoxAugmentForm augment;     // none: the evaluation transform
  std::int64_t mixing_ends = std::int64_t{1} << 40;  // the epoch from which on no pictures are joined
  DecodeOptions decode;
  std::uint64_t seed = 42;
};

class BoxMaker : public SampleMaker {
 public:
  // `split` must outlive it.
  BoxMaker(const BoxSplit& split, BoxWork work) : split_(split), work_(std::move(work)) {}

  std::size_t floats() const override { return 3 * static_cast<std::size_t>(work_.form.width) * static_cast<std::size_t>(work_.form.height); }
  void make(std::int64_t sample, std::int64_t epoch, float* pixels, InputBoxes& boxes) const override;
  const std::string& name_of(std::int64_t sample) const override { return split_.samples[static_cast<std::size_t>(sample)].name; }

  // The input before its normalisation.
  BoxedPicture input(std::int64_t sample, std::int64_t epoch) const;

 private:
  BoxedPicture decoded(std::int64_t sample) const;

  const BoxSplit& split_;
  BoxWork work_;
};

}  // namespace strop
