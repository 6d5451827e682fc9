// Layer by layer: one encoder block at a time with the head, each for its own small number of steps, then frozen again.
//
// top_k = 0: one stage a block, in layerwise_order (top_down or bottom_up); with gradual_unfreezing each stage keeps
// the blocks of the stages before (ULMFiT, Howard and Ruder 2018). top_k = k: one stage that trains the top k blocks
// together. Everything below the lowest trained block is a frozen prefix: no graph, cached.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> layerwise_stages(const ModelFacts& model, const Options& options);

}  // namespace strop
