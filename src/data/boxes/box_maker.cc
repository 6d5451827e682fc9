#include "data/boxes/box_maker.h"

#include "core/error.h"

namespace strop {

BoxMaker::BoxMaker(const BoxSplit& split, BoxWork work) : split_(split), work_(std::move(work)) {
  if (work_.augment.copy > 0 && !work_.copies) work_.copies = std::make_shared<CopySources>(split);
}

BoxedPicture BoxMaker::decoded(std::int64_t sample) const {
  const auto& one = split_.samples[static_cast<std::size_t>(sample)];
  HeldBytes held;
  BoxedPicture result{decode_source(source_of(one, held), work_.decode), one.boxes};
  std::erase_if(result.boxes, [](const TrueBox& box) { return box.crowd; });  // one box of many things teaches nothing
  return result;
}

BoxedPicture BoxMaker::other(std::int64_t sample) const {
  try {
    return decoded(sample);
  } catch (const Error&) {
    return {Picture(1, 1, 114, 114, 114), {}};
  }
}

BoxedPicture BoxMaker::input(std::int64_t sample, std::int64_t epoch) const {
  auto own = decoded(sample);
  const auto& form = work_.form;
  if (work_.augment == BoxAugmentForm{}) {
    const auto place = placement_of(own.picture.width(), own.picture.height(), form);
    for (auto& box : own.boxes) box.rect = place.to_input(box.rect);
    return {place_picture(own.picture.view(), form), std::move(own.boxes)};
  }
  const Rng rng(work_.seed, RngUse::augment, {static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample)});
  const auto any = [this](Rng& from) { return other(static_cast<std::int64_t>(from.below(split_.size()))); };
  const auto to_copy = [this](Rng& from) {
    const auto choice = work_.copies->draw(from);
    if (choice.row < 0) return BoxedPicture{Picture(1, 1, 114, 114, 114), {}};
    auto picture = other(choice.row);
    std::erase_if(picture.boxes, [&](const TrueBox& box) { return box.label != choice.label; });
    return picture;
  };
  const auto& augment = work_.augment;
  return augment_boxes(std::move(own), epoch >= work_.mixing_ends ? without_mixing(augment) : augment, form,
                       {any, to_copy}, rng);
}

void BoxMaker::make(std::int64_t sample, std::int64_t epoch, float* pixels, InputBoxes& boxes) const {
  auto made = input(sample, epoch);
  to_floats(made.picture.view(), work_.form, PixelLayout::hwc, pixels);
  boxes = {std::move(made.boxes), made.lost, made.copied};
}

}  // namespace strop
