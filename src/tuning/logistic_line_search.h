// A step length that satisfies the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, 2nd edition,
// algorithms 3.5 and 3.6, cubic interpolation).
#pragma once

#include <functional>

namespace strop {

struct LinePoint {
  double step = 0;
  double value = 0;
  double slope = 0;
};

// `at(step)` is the function along a descent direction, `start` its point at step 0 (slope < 0); `first` the step tried
// first. Value falls by at least 1e-4 of what the slope promises and |slope| to at most 0.9 of the start's. Where
// rounding hides any further fall, the lowest point seen, which may be `start` itself.
LinePoint strong_wolfe(const std::function<LinePoint(double)>& at, const LinePoint& start, double first);

}  // namespace strop
