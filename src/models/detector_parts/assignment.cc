#include "models/detector_parts/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Rows are the fewer. Each row in turn finds its cheapest path, in costs reduced by the duals, to a column that is free
// yet; along the path the rows before change their columns.
class ShortestPaths {
 public:
  ShortestPaths(std::vector<double> costs, std::size_t rows, std::size_t columns)
      : costs_(std::move(costs)), columns_(columns), row_dual_(rows), column_dual_(columns), owner_(columns, kNone) {
    for (std::size_t row = 0; row < rows; ++row) place(row);
  }

  // The row of each column, kNone of free ones.
  const std::vector<std::size_t>& owners() const { return owner_; }
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

 private:
  void place(std::size_t start) {
    std::vector<double> distance(columns_, kInfinity);  // of the cheapest path to a column so far
    std::vector<std::size_t> before(columns_, kNone);   // the column before it on that path
    std::vector<bool> done(columns_);
    std::size_t row = start, last = kNone;
    double length = 0;
    do {
      std::size_t next = kNone;
      for (std::size_t column = 0; column < columns_; ++column) {
        if (done[column]) continue;
        const double reduced = length + costs_[row * columns_ + column] - row_dual_[row] - column_dual_[column];
        if (reduced < distance[column]) {
          distance[column] = reduced;
          before[column] = last;
        }
        if (next == kNone || distance[column] < distance[next]) next = column;
      }
      length = distance[next];
      done[next] = true;
      last = next;
      row = owner_[next];
    } while (row != kNone);
    row_dual_[start] += length;
    for (std::size_t column = 0; column < columns_; ++column) {
      if (!done[column] || column == last) continue;
      row_dual_[owner_[column]] += length - distance[column];
      column_dual_[column] -= length - distance[column];
    }
    for (; before[last] != kNone; last = before[last]) owner_[last] = owner_[before[last]];
    owner_[last] = start;
  }

  std::vector<double> costs_;
  std::size_t columns_;
  std::vector<double> row_dual_, column_dual_;
  std::vector<std::size_t> owner_;
};

}  // namespace

std::vector<std::int64_t> cheapest_assignment(std::span<const double> costs, std::int64_t rows, std::int64_t columns) {
  const auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(columns);
  double most = 0;
  for (const double cost : costs) {
    if (std::isfinite(cost)) most = std::max(most, std::abs(cost));
  }
  const double above_all = 2 * most * static_cast<double>(std::min(height, width)) + 1;
  const bool turned = height > width;
  std::vector<double> own(costs.size());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    own[turned ? i % width * height + i / width : i] = std::isfinite(costs[i]) ? costs[i] : above_all;
  }
  std::vector<std::int64_t> result(height, -1);
  const ShortestPaths paths(std::move(own), std::min(height, width), std::max(height, width));
  const auto& owners = paths.owners();
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (owners[i] == ShortestPaths::kNone) continue;
    result[turned ? i : owners[i]] = static_cast<std::int64_t>(turned ? owners[i] : i);
  }
  return result;
}

}  // namespace strop
