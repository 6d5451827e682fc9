// Any bytes as a COCO file.
#include <set>

#include "box_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_boxes(data, size, [](std::string_view text) {
    const auto raw = strop::parse_coco(text, "fuzz");
    if (raw.labels.empty() || raw.labels.size() != raw.category_ids.size()) std::abort();
    if (!std::is_sorted(raw.category_ids.begin(), raw.category_ids.end())) std::abort();
    std::set<std::int64_t> ids;
    for (const auto& picture : raw.pictures) {
      if (picture.width < 0 || picture.height < 0 || !picture.image_id || !ids.insert(*picture.image_id).second)
        std::abort();
      strop::check_raw_boxes(picture.boxes, raw.labels);
    }
  });
  return 0;
}
