// Where the head of a detector for other classes starts from: the stored head's rows by the names of their classes.
#pragma once

#include <string>
#include <vector>

#include "train/opened.h"

namespace strop {

// Classes that the stored head does not know begin as nothing. With head_init=random nothing is taken over. Returns
// lines for a person. Cost: some megabytes copied.
std::vector<std::string> start_detector(Opened& opened, const Options& options);

}  // namespace strop
