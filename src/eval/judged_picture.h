// What is true and what was found on one picture.
#pragma once

#include <vector>

#include "image/rect.h"

namespace strop {

// Labels index the names of the classes, in the order of the category ids.
struct JudgedPicture {
  std::vector<TrueBox> truths;
  std::vector<FoundBox> found;
};

}  // namespace strop
