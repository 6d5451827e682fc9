#include "models/detector_parts/distillation.h"

#include <torch/types.h>

namespace strop {

using torch::Tensor;

namespace {

constexpr double kDeviations = 2;

}  // namespace

SureAnswers sure_answers(const Tensor& scores) {
  torch::NoGradGuard no_grad;
  const Tensor mean = scores.mean(1, true), deviation = (scores - mean).square().mean(1, true).sqrt();
  // Of few places none may lie so far above the mean.
  const Tensor least = at::minimum(mean + kDeviations * deviation, scores.amax(1, true));
  SureAnswers sure;
  sure.rows = scores.ge(least).flatten().nonzero().flatten();
  sure.samples = sure.rows.floor_divide(scores.size(1));
  sure.scores = scores.flatten().index_select(0, sure.rows);
  const Tensor sums = torch::zeros({scores.size(0)}).index_add(0, sure.samples, sure.scores);
  sure.weights = sure.scores / sums.index_select(0, sure.samples).clamp_min(1e-12);
  return sure;
}

Tensor held_losses(const SureAnswers& sure, const Tensor& moved, std::int64_t samples) {
  return torch::zeros({samples}).index_add(0, sure.samples, moved * sure.weights);
}

Tensor yes_no_divergence(const Tensor& now, const Tensor& before) {
  const Tensor wanted = before.sigmoid();
  const auto entropy = [&](const Tensor& logits) {
    return at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None);
  };
  return (entropy(now) - entropy(before)).sum(1);
}

Tensor choice_divergence(const Tensor& now, const Tensor& before) {
  const Tensor wanted = at::log_softmax(before, 1);
  return (wanted.exp() * (wanted - at::log_softmax(now, 1))).sum(1);
}

Tensor box_distances(const Tensor& now, const Tensor& before) {
  return at::smooth_l1_loss(now, before, at::Reduction::None).sum(1);
}

}  // namespace strop
