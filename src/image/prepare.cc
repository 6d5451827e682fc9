#include "image/prepare.h"

#include "core/error.h"

namespace strop {
namespace {

Picture from_grey(const PictureSource& source) {
  Picture picture(source.raw_width, source.raw_height);
  if (source.bytes.size() != picture.size() / 3) {
    fail(ErrorKind::data, "{}: found {} bytes, expected {} x {} grey pixels", source.name, source.bytes.size(),
         source.raw_width, source.raw_height);
  }
  std::uint8_t* to = picture.data();
  for (const char level : source.bytes) {
    for (int c = 0; c < 3; ++c) *to++ = static_cast<std::uint8_t>(level);
  }
  return picture;
}

}  // namespace

Picture decode_source(const PictureSource& source, const DecodeOptions& options) {
  return source.raw_width > 0 ? from_grey(source) : decode_picture(source.bytes, source.name, options);
}

PictureMaker::PictureMaker(const InputForm& form, const AugmentForm& augment, const DecodeOptions& decode)
    : form_(form), augment_(augment), decode_(decode), changes_(make_augmentations(augment, form)) {}

Picture PictureMaker::evaluation(const PictureSource& source) const {
  return fit_picture(decode_source(source, decode_).view(), form_);
}

Picture PictureMaker::training(const PictureSource& source, Rng rng) const {
  Picture picture;
  if (!augment_.random_crop) {
    picture = evaluation(source);
  } else if (source.raw_width > 0) {
    const Picture whole = from_grey(source);
    const Box box = augment_.crop.choose(whole.width(), whole.height(), rng);
    picture = resize(whole.view().crop(box), form_.width, form_.height, form_.interpolation);
  } else {
    const PictureInfo info = probe_picture(source.bytes, source.name, decode_);
    const Box box = augment_.crop.choose(info.width, info.height, rng);
    const PicturePart part = decode_part(source.bytes, source.name, box, form_.width, form_.height, decode_);
    picture = resize(part.picture.view().crop(part.box), form_.width, form_.height, form_.interpolation);
  }
  for (const auto& change : changes_) change->apply(picture, rng);
  return picture;
}

}  // namespace strop
