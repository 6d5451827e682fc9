#include "tuning/logistic.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "core/error.h"
#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_calibrate.h"
#include "tuning/closed_form_groups.h"
#include "tuning/closed_form_solvers.h"
#include "tuning/logistic_fit.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr int kPatience = 2;  // penalties in a row that may do worse before the sweep ends
constexpr double kFoldTolerance = 1e-4, kTolerance = 1e-7;

std::vector<double> sweep_of(const HeadBasis& basis, std::vector<double> penalties) {
  if (penalties.empty()) {
    for (int i = 0; i < 10; ++i) penalties.push_back(3 * basis.unit() * std::pow(10.0, -0.5 * i));
  }
  for (const double penalty : penalties) {
    if (!(penalty > 0) || !std::isfinite(penalty)) {
      fail(ErrorKind::usage, "logistic penalty {}; expected a number above 0", penalty);
    }
  }
  std::sort(penalties.begin(), penalties.end(), std::greater<>());
  return penalties;
}

// The fits without each fold, kept from one penalty to the next.
class FoldFits {
 public:
  explicit FoldFits(const HeadBasis& basis) : rows_(fold_rows(group_folds(basis))) {
    for (const Tensor& at : rows_) {
      const Tensor weights = basis.weights.index_fill(0, at, 0);
      problems_.push_back({basis.rows, basis.spectrum, basis.labels, weights, basis.classes});
      fits_.push_back(softmax_start(problems_.back()));
    }
  }

  // Logits of each sample from the fit without its fold.
  Tensor left_out(double penalty) {
    Tensor result = torch::empty({problems_[0].rows.size(0), problems_[0].classes}, torch::kFloat64);
    for (std::size_t fold = 0; fold < rows_.size(); ++fold) {
      fit_softmax(fits_[fold], problems_[fold], penalty, kFoldTolerance);
      result.index_copy_(0, rows_[fold], fits_[fold].logits.index_select(0, rows_[fold]));
    }
    return result;
  }

 private:
  std::vector<Tensor> rows_;
  std::vector<SoftmaxProblem> problems_;
  std::vector<SoftmaxFit> fits_;
};

}  // namespace

LinearHead logistic_on(const HeadBasis& basis, const std::vector<double>& given) {
  FoldFits folds(basis);
  const SoftmaxProblem problem{basis.rows, basis.spectrum, basis.labels, basis.weights, basis.classes};
  LinearHead head;
  head.solver = "logistic";
  head.loo_loss = std::numeric_limits<double>::infinity();
  int worse = 0;
  for (const double penalty : sweep_of(basis, given)) {
    const Calibration score = calibrate(folds.left_out(penalty), basis.labels, basis.weights);
    worse = improves(score.loss, head.loo_loss) ? 0 : worse + 1;
    if (worse == kPatience) break;
    if (worse == 0) take(head, score, penalty);
  }
  SoftmaxFit fit = softmax_start(problem);
  fit_softmax(fit, problem, head.penalty, kTolerance);
  fold_into(head, basis, fit.weight, fit.bias);
  return head;
}

LinearHead logistic(const HeadData& data, const std::vector<double>& penalties) {
  torch::NoGradGuard no_grad;
  return logistic_on(head_basis(data), penalties);
}

}  // namespace strop
