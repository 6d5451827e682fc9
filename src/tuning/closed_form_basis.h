// The coordinates in which every head solver works: features standardised, then turned onto the axes of their weighted
// Gram matrix. A penalty on standardised weights is the same number in these coordinates (a rotation), and the Gram
// matrix is diagonal, so one decomposition serves all penalties, all folds and the preconditioner of L-BFGS.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "tuning/closed_form.h"

namespace strop {

struct HeadBasis {
  torch::Tensor mean;      // d: weighted mean of the features
  torch::Tensor to_rows;   // d x k: (feature - mean) · to_rows = row; scale and rotation in one
  torch::Tensor spectrum;  // k, descending: rowsᵀ diag(weights) rows = diag(spectrum)
  torch::Tensor rows;      // N x k; weighted mean zero
  torch::Tensor labels;    // N int64
  torch::Tensor weights;   // N float64
  torch::Tensor groups;    // N int64, or undefined
  double total = 0;        // sum of the weights
  std::int64_t classes = 0;

  std::int64_t samples() const { return rows.size(0); }
  std::int64_t rank() const { return rows.size(1); }
  // Mean of the spectrum: the unit in which penalties are spread.
  double unit() const;
};

// Checks the data (errors: see closed_form.h) and decomposes it. Constant features get weight zero.
HeadBasis head_basis(const HeadData& data);

// The layer on plain features that equals rows · weightᵀ + bias, divided by the temperature.
void fold_into(LinearHead& head, const HeadBasis& basis, const torch::Tensor& weight, const torch::Tensor& bias);

}  // namespace strop
