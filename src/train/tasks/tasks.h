// The tasks, one file each; tasks.cc is the visible list.
#pragma once

#include "train/task.h"

namespace strop {

const Task& text_classification();
const Task& image_classification();
const Task& object_detection();

}  // namespace strop
