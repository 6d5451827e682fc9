#include "tuning/logistic_fit.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "core/interrupt.h"
#include "tuning/logistic_line_search.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::size_t kHistory = 10;
constexpr int kMaxSteps = 500;

double product(const Tensor& a, const Tensor& b) { return a.flatten().dot(b.flatten()).item<double>(); }

// Parameters are one C x (k + 1) tensor, the bias in the last column.
class SoftmaxLoss {
 public:
  SoftmaxLoss(const SoftmaxProblem& problem, double penalty)
      : problem_(problem), penalties_(torch::full(problem.rows.size(1) + 1, penalty, torch::kFloat64)) {
    penalties_[-1] = 0;
  }

  Tensor logits(const Tensor& x) const { return torch::addmm(x.select(1, -1), problem_.rows, x.slice(1, 0, -1).t()); }

  // Loss, and its derivative along `direction`, whose logits are `slope`.
  LinePoint point(double step, const Tensor& x, const Tensor& logits, const Tensor& direction,
                  const Tensor& slope) const {
    const Tensor p = torch::log_softmax(logits, 1);
    const Tensor at = problem_.labels.unsqueeze(1);
    const Tensor rise = (p.exp() * slope).sum(1) - slope.gather(1, at).squeeze(1);
    const Tensor decay = x * penalties_;
    return {step, 0.5 * product(decay, x) - problem_.weights.dot(p.gather(1, at).squeeze(1)).item<double>(),
            product(decay, direction) + problem_.weights.dot(rise).item<double>()};
  }

  Tensor gradient(const Tensor& x, const Tensor& logits) const {
    Tensor error = torch::softmax(logits, 1);
    const Tensor at = problem_.labels.unsqueeze(1);
    error.scatter_add_(1, at, torch::full({at.size(0), 1}, -1.0, torch::kFloat64));
    error.mul_(problem_.weights.unsqueeze(1));
    const Tensor data = torch::cat({torch::mm(error.t(), problem_.rows), error.sum(0).unsqueeze(1)}, 1);
    return data.add_(x * penalties_);
  }

  // One over the diagonal of the Hessian where every row is predicted with the classes' shares.
  Tensor preconditioner() const {
    const double total = problem_.weights.sum().item<double>();
    const Tensor share =
        torch::zeros(problem_.classes, torch::kFloat64).index_add_(0, problem_.labels, problem_.weights / total);
    const Tensor curvature = (share * (1 - share)).clamp_min(1e-3);
    const Tensor spread = torch::cat({problem_.spectrum, torch::full(1, total, torch::kFloat64)});
    return (curvature.outer(spread) + penalties_).reciprocal();
  }

 private:
  const SoftmaxProblem& problem_;
  Tensor penalties_;  // k + 1
};

struct Pair {
  Tensor step, change;  // of the parameters and of the gradient
  double curvature;     // their product
};

// The two-loop recursion (Nocedal and Wright, algorithm 7.4), scaled to the newest pair.
Tensor descent(const Tensor& gradient, const std::deque<Pair>& pairs, const Tensor& preconditioner) {
  Tensor q = gradient.clone();
  std::vector<double> shares(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    shares[i] = product(pairs[i].step, q) / pairs[i].curvature;
    q.sub_(pairs[i].change, shares[i]);
  }
  q.mul_(preconditioner);
  if (!pairs.empty()) {
    const Pair& newest = pairs.back();
    q.mul_(newest.curvature / product(newest.change * preconditioner, newest.change));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    q.add_(pairs[i].step, shares[i] - product(pairs[i].change, q) / pairs[i].curvature);
  }
  return q.neg_();
}

}  // namespace

SoftmaxFit softmax_start(const SoftmaxProblem& problem) {
  const Tensor counts =
      torch::full(problem.classes, 0.5, torch::kFloat64).index_add_(0, problem.labels, problem.weights);
  SoftmaxFit fit;
  fit.weight = torch::zeros({problem.classes, problem.rows.size(1)}, torch::kFloat64);
  fit.bias = counts.log();
  fit.bias.sub_(fit.bias.mean());
  return fit;
}

void fit_softmax(SoftmaxFit& fit, const SoftmaxProblem& problem, double penalty, double tolerance) {
  const SoftmaxLoss loss(problem, penalty);
  const Tensor preconditioner = loss.preconditioner();
  const double enough = 2 * tolerance * tolerance * problem.weights.sum().item<double>();
  Tensor x = torch::cat({fit.weight, fit.bias.unsqueeze(1)}, 1);
  Tensor logits = loss.logits(x), gradient = loss.gradient(x, logits);
  std::deque<Pair> pairs;
  fit.steps = 0;
  while (fit.steps < kMaxSteps && product(gradient * preconditioner, gradient) > enough) {
    throw_if_interrupted();
    const Tensor direction = descent(gradient, pairs, preconditioner);
    const Tensor slope = loss.logits(direction);
    const auto along = [&](double step) {
      return loss.point(step, x + step * direction, logits + step * slope, direction, slope);
    };
    const LinePoint next = strong_wolfe(along, along(0), 1);
    if (next.step == 0) break;  // rounding hides what is left to gain
    ++fit.steps;
    x = x + next.step * direction;
    logits.add_(slope, next.step);
    const Tensor fresh = loss.gradient(x, logits), change = fresh - gradient;
    const double curvature = next.step * product(direction, change);
    if (curvature > 0) pairs.push_back({next.step * direction, change, curvature});
    if (pairs.size() > kHistory) pairs.pop_front();
    gradient = fresh;
  }
  fit.weight = x.slice(1, 0, -1).contiguous();
  fit.bias = x.select(1, -1) - x.select(1, -1).mean();
  fit.logits = logits;
}

}  // namespace strop
