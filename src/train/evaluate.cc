#include "train/evaluate.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "core/interrupt.h"

namespace strop {

torch::Tensor predict_logits(const Model& model, BatchSource& source, torch::ScalarType precision, std::int64_t batch_size, bool stops) {
  torch::NoGradGuard no_grad;
  const auto count = static_cast<std::int64_t>(source.size());
  // Packed batches waste nothing on padding, whatever their order; the data's own keeps a cache's chunks together.
  std::vector<std::int64_t> order(source.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<torch::Tensor> parts;
  Pass pass;
  pass.precision = precision;
  for (std::int64_t at = 0; at < count; at += batch_size) {
    if (stops) throw_if_interrupted();
    const auto samples = std::span(order).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(std::min(batch_size, count - at)));
    State state = source.make(samples, 0);
    model.forward(state, pass, source.first_block(), model.size());
    parts.push_back(state.at("logits").to(torch::kFloat));
  }
  return parts.empty() ? torch::empty({0, static_cast<std::int64_t>(model.label_names.size())}) : at::cat(parts, 0);
}

ClassificationMetrics evaluate_logits(const torch::Tensor& logits, const std::vector<std::int32_t>& labels,
                                      const std::vector<std::string>& names) {
  const torch::Tensor probabilities = at::softmax(logits, 1).contiguous();
  return classification_metrics(labels, {probabilities.const_data_ptr<float>(), static_cast<std::size_t>(probabilities.numel())}, names);
}

}  // namespace strop
