// The arithmetic of low-rank terms beside a frozen product (nn/low_rank_linear.h): a few columns wide, so that a
// library's product spends its time on preparation. Four rows at a time, everything for them while they are in cache.
#pragma once

#include <torch/types.h>

#include <vector>

#include "nn/adapter.h"

namespace strop {

struct LowRankTerm {
  LowRank term;
  std::int64_t column = 0;  // first column of y that the term adds to
};

struct LowRankGradients {
  std::vector<torch::Tensor> a, b;  // fp32, one a term
};

class LowRankTerms {
 public:
  explicit LowRankTerms(const std::vector<LowRankTerm>& terms);

  // y += sum s_i (x A_i^T) B_i^T in the columns of each term. Returns u = x A^T, rows x rank() fp32, for add_backward.
  torch::Tensor add_forward(const torch::Tensor& x, const torch::Tensor& y) const;
  // With g the gradient of y: dx += sum s_i (g_i B_i) A_i where dx is defined; the gradients of B, and of A where x is
  // defined. Sums run over a fixed number of parts: the same bits with any number of threads.
  LowRankGradients add_backward(const torch::Tensor& g, const torch::Tensor& u, const torch::Tensor& x,
                                const torch::Tensor& dx) const;
  // Columns of u: the terms' ranks, each rounded up to whole vectors.
  std::int64_t rank() const { return rank_; }

 private:
  struct Term {
    std::int64_t column, out, padded_out, rank, padded_rank, first;  // first: its column of u
    double scale;
    std::vector<float> b, b_t;  // scaled: padded_out x padded_rank, and rank x padded_out
  };
  std::vector<Term> terms_;
  std::int64_t in_ = 0, padded_in_ = 0, rank_ = 0;
  std::vector<float> a_, a_t_;  // rank_ x padded_in_, padded_in_ x rank_
};

}  // namespace strop
