// LowRankTerms (nn/low_rank_terms.h) of libtorch's own products, for devices without strop's kernels. Parity:
// tests/nn/linear_test.cc, as ctest's nn_composed runs it.
#pragma once

#include "nn/low_rank_terms.h"

namespace strop {

// y += sum s_i (x A_i^T) B_i^T in the columns of each term. Returns the terms' x A_i^T side by side, in x's precision.
torch::Tensor composed_terms_forward(const std::vector<LowRankTerm>& terms, const torch::Tensor& x,
                                     const torch::Tensor& y);
// As LowRankTerms::add_backward: dx += the terms' part where dx is defined.
LowRankGradients composed_terms_backward(const std::vector<LowRankTerm>& terms, const torch::Tensor& g,
                                         const torch::Tensor& u, const torch::Tensor& x, const torch::Tensor& dx);

}  // namespace strop
