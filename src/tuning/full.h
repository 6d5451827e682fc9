// Training weights themselves: all of them, or the head's alone.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> full_stages(const ModelFacts& model, const Options& options);
// The head: one gradient stage on cached inputs of the head; a closed form of the last layer before it, or instead of
// it (head_solver ridge, lda, logistic).
std::vector<Stage> head_stages(const ModelFacts& model, const Options& options);
// Makes a tensor of a layer trainable; weight and bias of a layer; of every layer of a block.
void open_tensor(at::Tensor& tensor);
void open_weights(Layer& layer);
void open_weights(Block& block, const Options& options);
// Statistics of a batch norm learn from what trains (freeze_bn=false); other layers have none.
void open_statistics(Layer& layer);
void hold_statistics(Layer& layer);

}  // namespace strop
