// What holds for every annotation that a reader accepts: shared by the fuzz targets of COCO, VOC and YOLO.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "data/boxes/raw_boxes.h"

namespace strop {

// Finite boxes of named classes, each of `labels` where there are some, and with its place.
inline void check_raw_boxes(const std::vector<RawBox>& boxes, const std::vector<std::string>& labels) {
  for (const auto& box : boxes) {
    for (const double number : {box.rect.x, box.rect.y, box.rect.width, box.rect.height, box.area}) {
      if (!std::isfinite(number)) std::abort();
    }
    if (!is_valid_utf8(box.label) || !starts_with(box.where, "fuzz")) std::abort();
    if (!labels.empty() && std::ranges::find(labels, box.label) == labels.end()) std::abort();
  }
}

// Calls act(text); anything but a success or an Error(data) that begins with the name "fuzz" is a finding.
template <typename Act>
void fuzz_boxes(const std::uint8_t* data, std::size_t size, const Act& act) {
  try {
    act(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data || !starts_with(error.what(), "fuzz")) std::abort();
  }
}

}  // namespace strop
