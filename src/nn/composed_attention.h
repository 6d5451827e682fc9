// packed_attention (nn/attention.h) of libtorch's own operations, for devices without strop's kernels: sequences of one
// length as they lie, others padded to the longest, through scaled_dot_product_attention. Gradients are autograd's.
// Memory: four padded copies where lengths differ. Parity: tests/nn/attention_test.cc, as ctest's nn_composed runs it.
#pragma once

#include "nn/attention.h"

namespace strop {

torch::Tensor composed_attention(const std::vector<torch::Tensor>& parts, const torch::Tensor& q_bounds,
                                 const torch::Tensor& k_bounds, const AttentionSpec& spec);

}  // namespace strop
