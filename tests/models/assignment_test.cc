#include "models/detector_parts/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

namespace strop {
namespace {

// The sum of what is assigned; checks that it is an assignment, and a whole one.
double sum_of(const std::vector<double>& costs, std::int64_t rows, std::int64_t columns,
              const std::vector<std::int64_t>& assigned) {
  EXPECT_EQ(static_cast<std::int64_t>(assigned.size()), rows);
  std::set<std::int64_t> used;
  double sum = 0;
  for (std::size_t row = 0; row < assigned.size(); ++row) {
    if (assigned[row] < 0) continue;
    EXPECT_LT(assigned[row], columns);
    EXPECT_TRUE(used.insert(assigned[row]).second) << "column " << assigned[row] << " twice";
    sum += costs[row * static_cast<std::size_t>(columns) + static_cast<std::size_t>(assigned[row])];
  }
  EXPECT_EQ(static_cast<std::int64_t>(used.size()), std::min(rows, columns));
  return sum;
}

// The least sum of all assignments, tried one by one.
double least_sum(const std::vector<double>& costs, std::int64_t rows, std::int64_t columns) {
  const auto most = std::max(rows, columns), fewer = std::min(rows, columns);
  std::vector<std::int64_t> order(static_cast<std::size_t>(most));
  std::iota(order.begin(), order.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::int64_t i = 0; i < fewer; ++i) {
      const auto other = order[static_cast<std::size_t>(i)];
      sum += costs[static_cast<std::size_t>(rows <= columns ? i * columns + other : other * columns + i)];
    }
    least = std::min(least, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(Assignment, EqualsTheBestOfAll) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    const auto rows = static_cast<std::int64_t>(random() % 6 + 1),
               columns = static_cast<std::int64_t>(random() % 6 + 1);
    std::vector<double> costs(static_cast<std::size_t>(rows * columns));
    // Every second round few values: many assignments cost the same.
    std::uniform_real_distribution<double> any(-3, 5);
    for (auto& cost : costs) cost = round % 2 == 0 ? any(random) : static_cast<double>(random() % 3);
    const auto assigned = cheapest_assignment(costs, rows, columns);
    EXPECT_NEAR(sum_of(costs, rows, columns, assigned), least_sum(costs, rows, columns), 1e-12)
        << rows << " x " << columns;
  }
}

TEST(Assignment, EqualsScipys) {
  using Rows = std::vector<std::int64_t>;
  const auto assigned = [](std::vector<double> costs, std::int64_t rows) {
    return cheapest_assignment(costs, rows, static_cast<std::int64_t>(costs.size()) / rows);
  };
  EXPECT_EQ(
      assigned({41, -32, -23, -17, -22, 40, 46, 18, -37, -31, -7, 3, 22, 7, -14, -25, 29, 33, -37, -29, 5, -1, 48, 11},
               4),
      (Rows{1, 2, 3, 0}));
  EXPECT_EQ(assigned({2, 3, 26, 18, -23, 33, 35, 55, 38, -12, -9, 24, 25, 29, 46, -11, 53, -40}, 6),
            (Rows{-1, 1, -1, 0, -1, 2}));
  EXPECT_EQ(assigned({-33, 57, 54,  -11, -27, -9, -36, 49,  26,  18, -16, 7, -21,
                      37,  7,  -37, -15, 30,  11, -3,  -15, -31, 20, 26,  12},
                     5),
            (Rows{4, 1, 2, 0, 3}));
}

TEST(Assignment, EqualsScipysOnAHundredQueries) {
  const std::int64_t rows = 100, columns = 37;
  std::vector<double> costs;
  for (int i = 0; i < rows * columns; ++i) costs.push_back(std::sin(0.7 * i * (1 + i % 13)));
  EXPECT_NEAR(sum_of(costs, rows, columns, cheapest_assignment(costs, rows, columns)), -36.953783582954976, 1e-9);
}

TEST(Assignment, NothingToAssign) {
  EXPECT_EQ(cheapest_assignment({}, 3, 0), (std::vector<std::int64_t>{-1, -1, -1}));
  EXPECT_TRUE(cheapest_assignment({}, 0, 3).empty());
}

// What a network gone astray says must end, and cost the others nothing.
TEST(Assignment, CostsThatAreNoNumbersComeLast) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(cheapest_assignment(std::vector<double>{nan, 5, 1, -infinity}, 2, 2), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(cheapest_assignment(std::vector<double>{nan, nan, nan, nan}, 2, 2).size(), 2U);
}

}  // namespace
}  // namespace strop
