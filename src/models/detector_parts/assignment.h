// The cheapest assignment of rows to columns (Hungarian method by shortest augmenting paths; Kuhn 1955, Jonker and
// Volgenant 1987).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace strop {

// costs: rows x columns, row by row. Every row gets a column of its own, or every column a row where there are fewer
// columns; the sum of their costs is the least that there is. Returns for each row its column, -1 for rows that are
// left over. A cost that is no finite number counts as one above all others. Cost: n^2 m for n <= m, the smaller and
// the larger number.
std::vector<std::int64_t> cheapest_assignment(std::span<const double> costs, std::int64_t rows, std::int64_t columns);

}  // namespace strop
