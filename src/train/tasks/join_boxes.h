// What a detector that keeps its classes is trained on, where the pictures tell of some of them only.
//
// A picture whose file does not label a class teaches that nothing of it is there. So boxes that the model itself finds
// of such classes (score of options.pseudo_labels or more, as it is when training begins) count as true ones, but for
// those that overlap a true box by half or more; and pictures from before (options.replay_data) are trained on as well.
#pragma once

#include <string>
#include <vector>

#include "data/boxes/box_data.h"
#include "strop/options.h"
#include "train/opened.h"

namespace strop {

// Adds both to `train`, and to `skipped` a line for each old picture that is left out. Returns what was done, for a
// person. Error(data): replay_data has a class that the model lacks. Cost: a forward pass over each picture that leaves
// classes out.
std::vector<std::string> join_boxes(BoxSplit& train, const Opened& opened, const Options& options,
                                    const ImageReading& reading, std::vector<std::string>& skipped);

}  // namespace strop
