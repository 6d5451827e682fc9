// LayerNorm with what stands before it in a transformer block: layer_norm(residual + dropout(x)), and the sum itself
// where the block goes on from it (pre-norm blocks).
//
// One pass over memory instead of three; saved for backward: the normalised rows and 1/sigma (Ba et al. 2016). Masks
// are recomputed from their key. fp32 arithmetic, also for bf16 activations. Parity: tests/nn/norm_test.cc.
#pragma once

#include "nn/layer.h"

namespace strop {

class LayerNorm : public Layer {
 public:
  LayerNorm(std::int64_t width, double eps) : Layer(LayerKind::norm, {width}, true), eps_(eps) {}
  double eps() const { return eps_; }

 private:
  double eps_;
};

struct DropoutSpec {
  double rate = 0;
  std::uint64_t mask_key = 0;
};

// x and residual: rows x width of one precision, contiguous; residual may be undefined (counts as 0).
torch::Tensor residual_norm(const LayerNorm& norm, const torch::Tensor& x, const torch::Tensor& residual,
                            const DropoutSpec& dropout);

// residual + dropout(x) and its normalised rows, in one pass over memory.
struct NormedSum {
  torch::Tensor sum, normed;
};
NormedSum sum_and_norm(const LayerNorm& norm, const torch::Tensor& x, const torch::Tensor& residual,
                       const DropoutSpec& dropout);

// The plain dropout on a rows x width tensor; returns x itself where the rate is 0.
torch::Tensor dropout(const torch::Tensor& x, const DropoutSpec& dropout);

}  // namespace strop
