// Classes added to a detector that keeps what it knows.
//
// The new classes have a branch of their own (the last block of the row, models/detector.h) on the frozen network. The
// first stage trains that branch alone: the old boxes and scores stay the same to the bit. With join_epochs a second
// stage tunes the whole network together at a tenth of full tuning's rate; then the old classes do move, and the run
// reports by how much.
#pragma once

#include "tuning/method.h"

namespace strop {

// Error(usage) where the model has no added branch: the data holds no class that the model lacks, or it is no detector.
std::vector<Stage> increment_stages(const ModelFacts& model, const Options& options);

}  // namespace strop
