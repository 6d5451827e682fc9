#include "train/estimate_norms.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/conv.h"

namespace strop {
namespace {

constexpr std::size_t kRows = 32;

std::int64_t fresh_norms(const Model& model) {
  std::int64_t count = 0;
  for (const auto& [name, layer] : model.layers()) {
    const auto* norm = dynamic_cast<const BatchNorm2d*>(layer);
    count += norm != nullptr && norm->fresh ? 1 : 0;
  }
  return count;
}

}  // namespace

std::int64_t estimate_norms(const Model& model, BatchSource& train) {
  const auto count = fresh_norms(model);
  if (count == 0) return 0;
  // Spread over data that may be sorted.
  BatchSource::Samples rows(std::min(kRows, train.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * train.size() / rows.size());
  torch::NoGradGuard no_grad;
  Pass pass;
  pass.estimates_norms = true;
  State state = train.make(rows, 0);
  model.forward(state, pass, 0, model.size());
  return count;
}

}  // namespace strop
