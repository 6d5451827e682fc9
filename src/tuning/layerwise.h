// Layer by layer: one encoder block at a time with the head, each for its own small number of steps, then frozen again.
//
// top_k = 0: one stage a block, in layerwise_order (top_down or bottom_up); with gradual_unfreezing each stage keeps
// the blocks of the stages before (ULMFiT, Howard and Ruder 2018). top_k = k: one stage that trains the top k blocks
// together. surgical = n: n blocks side by side, chosen by their gradients (train/surgical.h among
// surgical_candidates.h; surgical_first names the lowest; Lee et al. 2022, arXiv 2210.11466). Everything below the
// lowest trained block is a frozen prefix: no graph, cached. A block without products (a last norm) is no stage of its
// own: it trains with the head.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> layerwise_stages(const ModelFacts& model, const Options& options);
// The blocks that layerwise takes one after the other, by number, the lowest first: those with weights and products
// between the first (embeddings, stem) and the head. Error(usage) where there is none.
std::vector<std::size_t> layerwise_blocks(const ModelFacts& model);

}  // namespace strop
