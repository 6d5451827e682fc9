// Multi-head attention over packed sequences: no padding is computed, no probabilities are stored.
//
// softmax(q k^T / sqrt(d)) v for each head of each sequence, dropout on the probabilities (Vaswani et al. 2017, eq. 1).
// Saved for backward: q, k, v, the result and one log-sum-exp a query and head; probabilities and masks are recomputed
// (as in FlashAttention, Dao et al. 2022). CPU: own fp32 kernels, threads over (sequence, head). Parity:
// tests/nn/attention_test.cc against the composed form, and by numerical gradient.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace strop {

struct AttentionSpec {
  std::int64_t heads = 1;
  double dropout = 0;  // rate on the probabilities
  std::uint64_t mask_key = 0;
};

// `parts` hold q, k and v (rows x (heads * d), of one precision, rows possibly strided) side by side, as a product
// leaves them: {q|k|v}, {q, k|v} or {q, k, v}; the gradient of a part is one tensor. q_bounds and k_bounds: batch + 1
// int64 row numbers; sequence i's queries are rows q_bounds[i] .. q_bounds[i+1] of q and attend to the keys of the same
// sequence. Returns query rows x (heads * d), contiguous.
torch::Tensor packed_attention(const std::vector<torch::Tensor>& parts, const torch::Tensor& q_bounds,
                               const torch::Tensor& k_bounds, const AttentionSpec& spec);

}  // namespace strop
