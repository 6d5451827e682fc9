// Classes added to a detector that keeps what it knows.
//
// incremental: the new classes have a branch of their own (the last block of the row, models/detector.h) on the frozen
// network, and it alone is trained: the old boxes and scores stay the same to the bit.
//
// join: the whole network, old and new branches, at a low rate; then the old classes do move, and the
// run reports by how much. What holds them: pictures from before (replay_data), the model's own finds where a picture
// does not label a class (pseudo_labels), and the outputs of the network as it was (distill).
#pragma once

#include "tuning/method.h"

namespace strop {

// Error(usage) where the model has no added branch: the data holds no class that the model lacks, or it is no detector.
std::vector<Stage> increment_stages(const ModelFacts& model, const Options& options);
std::vector<Stage> join_stages(const ModelFacts& model, const Options& options);

}  // namespace strop
