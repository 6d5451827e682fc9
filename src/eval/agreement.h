// How much of what a detector found before it still finds: its answers held against its own, where nobody has drawn the
// truth.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/rect.h"

namespace strop {

struct Agreement {
  std::int64_t before = 0, after = 0, matched = 0;  // boxes
  double score_change = 0;                          // mean of |score after - score before| over the matched ones
  // 1: the same boxes; 0: none of them. To be asked where there are any.
  double share() const { return 2.0 * static_cast<double>(matched) / static_cast<double>(before + after); }
  bool operator==(const Agreement&) const = default;
};

// Of the boxes of `labels` on the same pictures. Boxes found after, the highest score first, take the box from before
// with the same label, not taken yet, that they overlap most, by an IoU of 0.5 or more. Cost: boxes before x after on a
// picture.
Agreement detection_agreement(const std::vector<std::vector<FoundBox>>& before,
                              const std::vector<std::vector<FoundBox>>& after, std::span<const std::int32_t> labels);

}  // namespace strop
