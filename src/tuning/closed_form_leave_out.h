// What a ridge fit without a sample's group predicts for the sample, without fitting again.
//
// With the hat matrix H of the whole fit, the residuals of a left-out group are e_g = (I - H_gg)⁻¹ (y - ŷ)_g: exact,
// and for a single sample a division. Groups larger than half the rank are cheaper to fit without, and are: the same
// numbers to rounding.
#pragma once

#include <torch/types.h>

#include <vector>

#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_groups.h"

namespace strop {

// Sums over the samples that every ridge fit needs.
struct RidgeSums {
  torch::Tensor cross;  // k x C: rowsᵀ diag(weights) Y, Y one-hot
  torch::Tensor prior;  // C: weighted mean of Y
};
RidgeSums ridge_sums(const HeadBasis& basis);

// N x C float64.
torch::Tensor leave_out(const HeadBasis& basis, const RidgeSums& sums, const std::vector<GroupRun>& runs,
                        double penalty);

}  // namespace strop
