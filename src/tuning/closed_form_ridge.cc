#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "tuning/closed_form.h"
#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_calibrate.h"
#include "tuning/closed_form_leave_out.h"
#include "tuning/closed_form_solvers.h"

namespace strop {
namespace {

using torch::Tensor;

std::vector<double> descending_penalties(const HeadBasis& basis, std::vector<double> penalties) {
  if (penalties.empty()) {
    for (int i = 0; i < 19; ++i) penalties.push_back(basis.unit() * std::pow(10.0, 2 - i / 3.0));
  }
  for (const double penalty : penalties) {
    if (!(penalty > 0) || !std::isfinite(penalty)) {
      fail(ErrorKind::usage, "ridge penalty {}; expected a number above 0", penalty);
    }
  }
  std::sort(penalties.begin(), penalties.end(), std::greater<>());
  return penalties;
}

}  // namespace

LinearHead ridge_on(const HeadBasis& basis, const std::vector<double>& penalties) {
  const RidgeSums sums = ridge_sums(basis);
  const auto runs = group_runs(basis);
  LinearHead head;
  head.solver = "ridge";
  head.loo_loss = std::numeric_limits<double>::infinity();
  for (const double penalty : descending_penalties(basis, penalties)) {
    throw_if_interrupted();
    const Calibration score = calibrate(leave_out(basis, sums, runs, penalty), basis.labels, basis.weights);
    if (improves(score.loss, head.loo_loss)) take(head, score, penalty);
  }
  const Tensor shrink = (basis.spectrum + head.penalty).reciprocal();
  fold_into(head, basis, (sums.cross * shrink.unsqueeze(1)).t(), sums.prior);
  return head;
}

LinearHead ridge(const HeadData& data, const std::vector<double>& penalties) {
  torch::NoGradGuard no_grad;
  return ridge_on(head_basis(data), penalties);
}

Tensor ridge_leave_out(const HeadData& data, double penalty) {
  torch::NoGradGuard no_grad;
  const HeadBasis basis = head_basis(data);
  return leave_out(basis, ridge_sums(basis), group_runs(basis), descending_penalties(basis, {penalty}).front());
}

}  // namespace strop
