// y = x W^T + b with low-rank terms added into column ranges, W frozen: one autograd node.
//
// Forward saves x only where an A trains, and u = x A^T (rows x sum of ranks). Backward, with g the gradient of y and
// g_i its columns of term i:  dB_i = s_i g_i^T u_i;  dA_i = (s_i g_i B_i)^T x;  dx = g W + sum s_i (g_i B_i) A_i.
// Parts of b that train (BitFit) cost the sum of g's columns.
// (Hu et al. 2021, eq. 3; the order of products is that of RunLoRA, arXiv 2312.03415.)
#pragma once

#include <torch/types.h>

#include <vector>

#include "nn/frozen_weight.h"
#include "nn/low_rank_terms.h"

namespace strop {

// A trained part of the bias that `weight` took.
struct TrainedBias {
  torch::Tensor bias;       // fp32, requires grad
  std::int64_t column = 0;  // of y, its first
};

// x: rows x in, of the precision that `weight` took. Terms may be of another precision (fp32 masters): they are
// converted here and their gradients come back in their own. Without terms and biases: the frozen product alone.
torch::Tensor low_rank_linear(const torch::Tensor& x, FrozenWeight& weight, const std::vector<LowRankTerm>& terms,
                              const std::vector<TrainedBias>& biases = {});

}  // namespace strop
