// Any bytes as YOLO's labels; what stands before a line of "===" as the data.yaml that names their classes.
#include "box_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_boxes(data, size, [](std::string_view text) {
    std::vector<std::string> labels = {"cat", "dog"};
    constexpr std::string_view kBetween = "\n===\n";
    if (const auto at = text.find(kBetween); at != std::string_view::npos) {
      labels = strop::parse_yolo_data(text.substr(0, at), "fuzz").labels;
      if (labels.empty()) std::abort();
      text.remove_prefix(at + kBetween.size());
    }
    for (const auto& box : strop::parse_yolo(text, "fuzz", labels)) {
      const auto& rect = box.rect;
      if (rect.width < -0.01 || rect.width > 1.01 || rect.height < -0.01 || rect.height > 1.01) std::abort();
      strop::check_raw_boxes({box}, labels);
    }
  });
  return 0;
}
