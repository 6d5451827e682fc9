// Any bytes as a file of Pascal VOC, and as its labelmap.txt.
#include "box_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_boxes(data, size, [](std::string_view text) {
    const auto picture = strop::parse_voc(text, "fuzz");
    strop::check_raw_boxes(picture.boxes, {});
    for (const auto& box : picture.boxes) {
      if (box.label.empty() || picture.normalized) std::abort();
    }
  });
  strop::fuzz_boxes(data, size, [](std::string_view text) {
    for (const auto& label : strop::parse_labelmap(text, "fuzz")) {
      if (label.empty() || !strop::is_valid_utf8(label)) std::abort();
    }
  });
  return 0;
}
