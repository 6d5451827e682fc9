#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tuning/closed_form.h"
#include "tuning/closed_form_basis.h"
#include "tuning/closed_form_calibrate.h"
#include "tuning/closed_form_groups.h"
#include "tuning/closed_form_solvers.h"

namespace strop {
namespace {

using torch::Tensor;

// Weighted sums over some samples, from which class means and covariance follow; sums of a subset subtract.
struct ClassSums {
  Tensor counts;  // C
  Tensor firsts;  // C x k
  Tensor second;  // k x k
};

ClassSums sums_over(const HeadBasis& basis, const Tensor& at) {
  const Tensor rows = basis.rows.index_select(0, at), labels = basis.labels.index_select(0, at);
  const Tensor weights = basis.weights.index_select(0, at);
  const Tensor weighted = rows * weights.unsqueeze(1);
  return {torch::zeros(basis.classes, torch::kFloat64).index_add_(0, labels, weights),
          torch::zeros({basis.classes, basis.rank()}, torch::kFloat64).index_add_(0, labels, weighted),
          torch::mm(weighted.t(), rows)};
}

ClassSums combine(const ClassSums& a, const ClassSums& b, double sign) {
  return {a.counts + sign * b.counts, a.firsts + sign * b.firsts, a.second + sign * b.second};
}

// The model of one set of samples, ready for any shrinkage.
struct Discriminant {
  Tensor means;      // C x k
  Tensor log_prior;  // C
  Tensor vectors;    // k x k: eigenvectors of the covariance within classes
  Tensor variances;  // k
  double target;     // the variance that shrinkage pulls towards

  // rows · weightᵀ + bias are the log posteriors up to a constant.
  std::pair<Tensor, Tensor> layer(double shrinkage) const {
    const Tensor inverse = (variances * (1 - shrinkage) + shrinkage * target).reciprocal();
    const Tensor weight = torch::mm(torch::mm(means, vectors) * inverse, vectors.t());
    return {weight, log_prior - 0.5 * (weight * means).sum(1)};
  }
};

Discriminant discriminant(const ClassSums& sums, std::int64_t features) {
  const double total = sums.counts.sum().item<double>();
  const Tensor empty = sums.counts.le(1e-9 * total).unsqueeze(1);
  const Tensor means = torch::where(empty, sums.firsts.sum(0) / total, sums.firsts / sums.counts.unsqueeze(1));
  const Tensor within = (sums.second - torch::mm(means.t(), means * sums.counts.unsqueeze(1))) / total;
  auto [variances, vectors] = torch::linalg_eigh(within);
  variances = variances.clamp_min(0);
  // Standardised features vary by 1: the floor only matters where each class has one sample.
  const double target = std::max(variances.sum().item<double>() / static_cast<double>(features), 1e-6);
  return {means, (sums.counts.clamp_min(0.5) / total).log(), vectors, variances, target};
}

std::vector<double> descending_shrinkages(std::vector<double> shrinkages) {
  if (shrinkages.empty()) shrinkages = {1, 0.7, 0.4, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001};
  for (const double shrinkage : shrinkages) {
    if (!(shrinkage > 0 && shrinkage <= 1)) {
      fail(ErrorKind::usage, "lda shrinkage {}; expected a number above 0, up to 1", shrinkage);
    }
  }
  std::sort(shrinkages.begin(), shrinkages.end(), std::greater<>());
  return shrinkages;
}

}  // namespace

LinearHead lda_on(const HeadBasis& basis, const std::vector<double>& given) {
  const auto shrinkages = descending_shrinkages(given);
  const std::int64_t features = std::max<std::int64_t>(1, basis.to_rows.abs().sum(1).gt(0).sum().item<std::int64_t>());
  const auto folds = fold_rows(group_folds(basis));
  std::vector<ClassSums> held;
  for (const Tensor& at : folds) held.push_back(sums_over(basis, at));
  ClassSums all = held.front();
  for (std::size_t fold = 1; fold < folds.size(); ++fold) all = combine(all, held[fold], 1);

  std::vector<Tensor> left_out(shrinkages.size());
  for (auto& scores : left_out) scores = torch::empty({basis.samples(), basis.classes}, torch::kFloat64);
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    const Discriminant model = discriminant(combine(all, held[fold], -1), features);
    const Tensor rows = basis.rows.index_select(0, folds[fold]);
    for (std::size_t i = 0; i < shrinkages.size(); ++i) {
      const auto [weight, bias] = model.layer(shrinkages[i]);
      left_out[i].index_copy_(0, folds[fold], torch::addmm(bias, rows, weight.t()));
    }
  }

  LinearHead head;
  head.solver = "lda";
  head.loo_loss = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < shrinkages.size(); ++i) {
    const Calibration score = calibrate(left_out[i], basis.labels, basis.weights);
    if (improves(score.loss, head.loo_loss)) take(head, score, shrinkages[i]);
  }
  const auto [weight, bias] = discriminant(all, features).layer(head.penalty);
  fold_into(head, basis, weight, bias);
  return head;
}

LinearHead lda(const HeadData& data, const std::vector<double>& shrinkages) {
  torch::NoGradGuard no_grad;
  return lda_on(head_basis(data), shrinkages);
}

}  // namespace strop
