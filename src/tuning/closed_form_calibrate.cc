#include "tuning/closed_form_calibrate.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace strop {
namespace {

using torch::Tensor;

struct Slope {
  double first, second;  // derivatives of the mean loss in beta = 1 / temperature
};

Slope slope_at(double beta, const Tensor& logits, const Tensor& own, const Tensor& weights) {
  const Tensor p = torch::softmax(logits * beta, 1);
  const Tensor mean = (p * logits).sum(1);
  const Tensor variance = (p * (logits - mean.unsqueeze(1)).square_()).sum(1);
  return {weights.dot(mean - own).item<double>(), weights.dot(variance).item<double>()};
}

double best_beta(const Tensor& logits, const Tensor& own, const Tensor& weights, double spread) {
  double low = 1e-4 / spread, high = 1e4 / spread;
  if (slope_at(low, logits, own, weights).first >= 0) return low;
  if (slope_at(high, logits, own, weights).first <= 0) return high;
  double beta = std::clamp(1.0, low, high);
  for (int step = 0; step < 100; ++step) {
    const Slope slope = slope_at(beta, logits, own, weights);
    (slope.first > 0 ? high : low) = beta;
    double next = beta - slope.first / slope.second;
    if (!(next > low && next < high)) next = std::sqrt(low * high);
    if (std::abs(next - beta) <= 1e-10 * beta) return next;
    beta = next;
  }
  return beta;
}

}  // namespace

Calibration calibrate(const Tensor& logits, const Tensor& labels, const Tensor& weights) {
  const Tensor shares = weights / weights.sum();
  const Tensor centred = logits - logits.mean(1, true);  // softmax does not see a shift of a row
  const Tensor own = centred.gather(1, labels.unsqueeze(1)).squeeze(1);
  const double spread = std::sqrt(shares.dot(centred.square().mean(1)).item<double>());

  Calibration result;
  if (spread > 0) result.temperature = 1 / best_beta(centred, own, shares, spread);
  const Tensor losses = torch::logsumexp(centred / result.temperature, 1) - own / result.temperature;
  result.loss = shares.dot(losses).item<double>();
  result.accuracy = shares.dot(logits.argmax(1).eq(labels).to(torch::kFloat64)).item<double>();
  return result;
}

}  // namespace strop
