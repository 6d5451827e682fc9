// Where the head of a detector starts from: the stored head's rows by the names of their classes, and for an increment a
// copy of the stored head's convolutions and boxes.
#pragma once

#include <string>
#include <vector>

#include "train/opened.h"

namespace strop {

// Classes that the stored head does not know, and an increment's objectness, stay as they were made: nothing yet. With
// head_init=random nothing is taken over. Returns lines for a person. Cost: some megabytes copied.
std::vector<std::string> start_detector(Opened& opened, const Options& options);

}  // namespace strop
