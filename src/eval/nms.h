// Non-maximum suppression: of boxes of one class that overlap, the best.
#pragma once

#include <cstdint>
#include <vector>

#include "image/rect.h"

namespace strop {

// Goes through the boxes by falling score (of equals the earlier first) and drops each that overlaps one already kept
// of the same label by more than `iou`. At most `max_det` are kept. The result falls in score; boxes whose score is NaN
// are dropped. Cost: sorting, and for each class kept x seen.
std::vector<FoundBox> non_maximum_suppression(std::vector<FoundBox> boxes, double iou, std::int64_t max_det);

}  // namespace strop
