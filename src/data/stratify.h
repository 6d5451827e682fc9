// Stratified choices of rows: shares by class that add up, drawn at random from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace strop {

// Rows of each class; labels are 0 .. classes-1.
std::vector<std::int64_t> count_classes(const std::vector<std::int32_t>& labels, std::size_t classes);

// Shares `total` among classes in proportion to `counts` (largest remainders), each class getting at least one where it
// has a row and total allows, and at most counts[c].
std::vector<std::int64_t> stratified_quota(const std::vector<std::int64_t>& counts, std::int64_t total);

// quota[c] random rows of each class, sorted. O(n).
std::vector<std::int64_t> stratified_subset(const std::vector<std::int32_t>& labels,
                                            const std::vector<std::int64_t>& quota, Rng rng);

// The same in whole groups: rows that share a group id are all chosen or all left, so a class may get fewer than its
// quota. Groups with rows of different labels are left.
std::vector<std::int64_t> stratified_group_subset(const std::vector<std::int32_t>& labels,
                                                  const std::vector<std::int64_t>& groups,
                                                  const std::vector<std::int64_t>& quota, Rng rng);

// The first rows of each class, about most / classes of each and one at least, in their order; all rows where there are
// no more than `most`. O(n).
std::vector<std::int64_t> first_of_each_class(const std::vector<std::int32_t>& labels, std::size_t classes,
                                              std::size_t most);

}  // namespace strop
