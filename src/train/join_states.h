// States of several batches as that of one.
#pragma once

#include <vector>

#include "nn/state.h"

namespace strop {

// The rows one after another. Lists of boxes are as long as the longest of their own batch: the shorter ones get rows
// of -1 (models/detector.h).
torch::Tensor join_rows(std::vector<torch::Tensor> parts);

// The tensors of `ports`, which each part must have; the parts' samples in turn. Cost: each port is held twice while it
// is joined, and let go of in the parts.
State join_states(const std::vector<Port>& ports, std::vector<State> parts);

}  // namespace strop
