// One fit of multinomial logistic regression by L-BFGS, on float64 rows.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace strop {

struct SoftmaxProblem {
  torch::Tensor rows;      // N x k float64, axes of the Gram matrix `spectrum` is the diagonal of
  torch::Tensor spectrum;  // k
  torch::Tensor labels;    // N int64
  torch::Tensor weights;   // N float64, of this fit: 0 leaves a sample out
  std::int64_t classes = 0;
};

struct SoftmaxFit {
  torch::Tensor weight;  // C x k
  torch::Tensor bias;    // C; the sum is 0
  torch::Tensor logits;  // N x C: of all rows, left-out ones too
  int steps = 0;         // L-BFGS steps taken
};

// Where a first fit starts: weight 0, bias the logarithm of the class's share (half a sample added to each).
SoftmaxFit softmax_start(const SoftmaxProblem& problem);

// Goes on from `fit` to the minimum of Σ weight · cross entropy + ½ penalty ‖weight‖². `tolerance`: the expected
// distance of the mean loss to its minimum is below its square. History 10, strong Wolfe. A step costs two passes over
// the rows; points along the line cost none, since logits are linear in the step.
void fit_softmax(SoftmaxFit& fit, const SoftmaxProblem& problem, double penalty, double tolerance);

}  // namespace strop
