// Any bytes as a picture file: an Error that names it, or a picture of the size that its header said; a part of it and
// what training makes of it too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/text.h"
#include "image/prepare.h"

namespace {

template <typename Act>
void only_data_errors(const Act& act) {
  try {
    act();
  } catch (const strop::Error& error) {
    if (error.kind() != strop::ErrorKind::data || !strop::starts_with(error.what(), "fuzz: ")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string name = "fuzz";
  const strop::DecodeOptions options{.max_pixels = 1 << 16};
  only_data_errors([&] {
    const auto info = strop::probe_picture(bytes, name, options);
    const auto picture = strop::decode_picture(bytes, name, options);
    if (picture.width() != info.width || picture.height() != info.height) std::abort();
    const strop::Box box{info.width / 3, info.height / 3, info.width / 2 + 1, info.height / 2 + 1};
    if (box.x + box.width > info.width || box.y + box.height > info.height) return;
    const auto part = strop::decode_part(bytes, name, box, 1 + box.width / 3, 1 + box.height / 3, options);
    if (part.box.x + part.box.width > part.picture.width()) std::abort();
    if (part.box.y + part.box.height > part.picture.height()) std::abort();
  });
  only_data_errors([&] {
    strop::InputForm form;
    form.width = form.height = 8;
    const strop::PictureMaker maker(form, strop::augment_level("strong"), options);
    maker.training({bytes, name}, strop::Rng(size, strop::RngUse::augment));
  });
  return 0;
}
