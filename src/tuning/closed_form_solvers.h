// The solvers on a basis that is already there, so that two of them share one decomposition; and how a setting is
// chosen among those tried, strongest first.
#pragma once

#include <cmath>
#include <vector>

#include "tuning/closed_form.h"
#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_calibrate.h"

namespace strop {

LinearHead ridge_on(const HeadBasis& basis, const std::vector<double>& penalties = {});
LinearHead lda_on(const HeadBasis& basis, const std::vector<double>& shrinkages = {});
LinearHead logistic_on(const HeadBasis& basis, const std::vector<double>& penalties = {});

// Below by more than rounding: on a tie the setting tried before, the stronger one, stays.
inline bool improves(double loss, double best) { return loss < best - 1e-9 * std::abs(loss); }

inline void take(LinearHead& head, const Calibration& score, double penalty) {
  head.penalty = penalty;
  head.temperature = score.temperature;
  head.loo_loss = score.loss;
  head.loo_accuracy = score.accuracy;
}

}  // namespace strop
