#include "tuning/closed_form.h"

#include <torch/types.h>

#include "core/error.h"
#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_calibrate.h"
#include "tuning/closed_form_leave_out.h"
#include "tuning/closed_form_solvers.h"

namespace strop {
namespace {

// Ridge leaves out one group at a time, logistic a fold: they are compared on the folds.
double fold_loss(const HeadBasis& basis, double penalty) {
  HeadBasis folded = basis;
  folded.groups = group_folds(basis);
  const auto predicted = leave_out(folded, ridge_sums(folded), group_runs(folded), penalty);
  return calibrate(predicted, basis.labels, basis.weights).loss;
}

LinearHead better_head(const HeadBasis& basis) {
  LinearHead squares = ridge_on(basis);
  LinearHead likelihood = logistic_on(basis);
  return improves(likelihood.loo_loss, fold_loss(basis, squares.penalty)) ? likelihood : squares;
}

}  // namespace

LinearHead solve_head(const std::string& solver, const HeadData& data) {
  torch::NoGradGuard no_grad;
  if (solver == "ridge") return ridge_on(head_basis(data));
  if (solver == "lda") return lda_on(head_basis(data));
  if (solver == "logistic") return logistic_on(head_basis(data));
  if (solver == "auto") return better_head(head_basis(data));
  fail(ErrorKind::usage, "head_solver={}: no closed form of this name; expected auto, ridge, lda or logistic", solver);
}

torch::Tensor logits(const LinearHead& head, const torch::Tensor& features) {
  return torch::addmm(head.bias, features.to(head.weight.options()), head.weight.t());
}

}  // namespace strop
