// COCO's form of found boxes: [{"image_id": 1, "category_id": 2, "bbox": [x, y, width, height], "score": 0.9}, ...].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/rect.h"

namespace strop {

struct CocoResult {
  std::int64_t image_id = 0, category_id = 0;
  Rect rect;
  double score = 0;
};

// In the order of the text; other members of an entry are passed over. `where` is the file's name for messages.
// Error(data) naming the entry, what it holds and what was expected. Cost: one pass, no tree is built.
std::vector<CocoResult> parse_coco_results(std::string_view text, const std::string& where);

}  // namespace strop
