// Pictures whose files hold the same bytes, within a split and in two of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/image_data.h"

namespace strop {

// A group id for each sample; files with the same bytes share it. Empty where no two do, or their bytes were never
// looked at (ImageReading::check, idx files).
std::vector<std::int64_t> group_copies(const ImageSplit& split);

// Of each split that holds copies: "train: 3 of 900 pictures are copies of earlier ones, 1 of them with another label
// (b/2.jpg = a/1.jpg)".
std::vector<std::string> copies_notes(const ImageSplit& train, const ImageSplit& validation, const ImageSplit& test);
// Of each two splits that share pictures: "2 of 186 test pictures also stand in training (...)".
std::vector<std::string> leaks_notes(const ImageSplit& train, const ImageSplit& validation, const ImageSplit& test);

}  // namespace strop
