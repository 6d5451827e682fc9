#include "train/evaluate.h"

#include <torch/types.h>

#include <algorithm>
#include <numeric>

#include "core/interrupt.h"

namespace strop {

std::vector<BatchSource::Samples> batches_in_order(std::size_t count, std::int64_t batch_size) {
  std::vector<BatchSource::Samples> batches;
  for (std::size_t at = 0; at < count; at += static_cast<std::size_t>(batch_size)) {
    auto& batch = batches.emplace_back(std::min(static_cast<std::size_t>(batch_size), count - at));
    std::iota(batch.begin(), batch.end(), static_cast<std::int64_t>(at));
  }
  return batches;
}

torch::Tensor predict_logits(const Model& model, BatchSource& source, torch::ScalarType precision,
                             std::int64_t batch_size, bool stops) {
  torch::NoGradGuard no_grad;
  // Packed batches waste nothing on padding, whatever their order; the data's own keeps a cache's chunks together.
  const auto batches = batches_in_order(source.size(), std::min(batch_size, source.rows_at_once()));
  source.prefetch(batches, 0);
  const auto rows = static_cast<std::int64_t>(source.size());
  // Made beforehand: what outlives a batch, put between its large blocks, would keep the heap from using them again.
  const torch::Tensor logits = torch::empty({rows, static_cast<std::int64_t>(model.label_names.size())});
  std::int64_t done = 0;
  Pass pass;
  pass.precision = precision;
  for (const auto& samples : batches) {
    if (stops) throw_if_interrupted();
    State state = source.make(samples, 0);
    model.forward(state, pass, source.first_block(), model.size());
    const auto& part = state.at("logits");
    logits.narrow(0, done, part.size(0)).copy_(part);
    done += part.size(0);
  }
  return logits;
}

ClassificationMetrics evaluate_logits(const torch::Tensor& logits, const std::vector<std::int32_t>& labels,
                                      const std::vector<std::string>& names) {
  const torch::Tensor probabilities = at::softmax(logits, 1).contiguous();
  return classification_metrics(
      labels, {probabilities.const_data_ptr<float>(), static_cast<std::size_t>(probabilities.numel())}, names);
}

}  // namespace strop
