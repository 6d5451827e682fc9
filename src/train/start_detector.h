// Where the head of a detector for other classes starts from: the stored head's rows by the names of their classes,
// those of classes that were added later too.
#pragma once

#include <string>
#include <vector>

#include "train/opened.h"

namespace strop {

// Classes that the stored head does not know begin as nothing, as all do where the files name more or fewer classes
// than that head has, and with head_init=random. Layers whose rows change are then among opened.made. Returns lines for
// a person. Cost: some megabytes copied.
std::vector<std::string> start_detector(Opened& opened, const Options& options);

}  // namespace strop
