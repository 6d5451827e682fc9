// The lever data_fraction: which samples an epoch draws from.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batches.h"

namespace strop {

// max(1, round(fraction * n)).
std::int64_t subset_size(std::size_t n, double fraction);

// One subset by class, the same in every epoch, sorted. Labels are all >= 0.
Indices fixed_subset(const std::vector<std::int32_t>& labels, double fraction, std::uint64_t seed);

// RS2 (Okanovic et al. 2023, arXiv 2305.18424): epoch e takes the next `size` samples of an endless row of
// permutations, so that no sample comes again before all were seen, and none twice in an epoch. A pure function of its
// arguments; O(n) for each pass over the data up to this epoch.
Indices fresh_subset(std::size_t n, std::int64_t size, std::int64_t epoch, std::uint64_t seed);

}  // namespace strop
