// Who is left out together: the members of each group, and folds of whole groups.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "tuning/closed_form_basis.h"

namespace strop {

// All groups of one size: `count` groups of `size` members, members of a group side by side.
struct GroupRun {
  std::int64_t size = 1;
  std::int64_t count = 0;
  torch::Tensor rows;  // count * size int64: indices of the samples
};

// The groups by size, in the order of their first members. Undefined basis.groups: each sample alone. Error(data) where
// one group holds all the weight: without it nothing is left to fit.
std::vector<GroupRun> group_runs(const HeadBasis& basis);

// Deals whole groups to at most 5 folds (fewer where there are fewer groups): N int64 ids. Stratified by the label of
// each group's first member; the same data gives the same folds. Error as group_runs'.
torch::Tensor group_folds(const HeadBasis& basis);

// The samples of each fold.
std::vector<torch::Tensor> fold_rows(const torch::Tensor& folds);

}  // namespace strop
