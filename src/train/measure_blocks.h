// What each block of a model takes on this machine, measured on a few samples: for networks whose blocks keep to no
// fixed share of the rate of large products (convolutions), and hold what follows from no shape alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/facts.h"
#include "models/model.h"
#include "nn/state.h"

namespace strop {

// Fills the measured facts of `blocks`, the model's, from the inputs of its first one, `samples` of them. Each block
// passes three times at rest; those from `trains_from` on also three times forward and backward with all their weights
// open, and with `statistics` as batch norms that learn them. Weights are left as they were. Needs
// count_tensor_memory(). Cost: 3 to 12 times the samples forward.
void measure_blocks(std::vector<BlockFacts>& blocks, const Model& model, State state, std::int64_t samples,
                    std::size_t trains_from, bool statistics = false);

}  // namespace strop
