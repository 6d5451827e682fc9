#include "eval/nms.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace strop {

std::vector<FoundBox> non_maximum_suppression(std::vector<FoundBox> boxes, double iou, std::int64_t max_det) {
  std::erase_if(boxes, [](const FoundBox& box) { return std::isnan(box.score); });
  std::stable_sort(boxes.begin(), boxes.end(), [](const FoundBox& a, const FoundBox& b) { return a.score > b.score; });
  std::vector<FoundBox> kept;
  std::map<std::int32_t, std::vector<Rect>> of_label;
  for (const auto& box : boxes) {
    if (static_cast<std::int64_t>(kept.size()) >= max_det) break;
    auto& others = of_label[box.label];
    const bool hidden = std::any_of(others.begin(), others.end(),
                                    [&](const Rect& other) { return intersection_over_union(other, box.rect) > iou; });
    if (hidden) continue;
    others.push_back(box.rect);
    kept.push_back(box);
  }
  return kept;
}

}  // namespace strop
