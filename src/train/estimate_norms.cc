#include "train/estimate_norms.h"

#include <torch/types.h>

#include <algorithm>

#include "nn/conv.h"

namespace strop {
namespace {

constexpr std::size_t kRows = 32;

bool is_folded(const BatchNorm2d& norm) {
  return norm.momentum > 0 && norm.running_mean.eq(0).all().item<bool>() && norm.running_var.eq(1).all().item<bool>();
}

std::int64_t norms_without(const Model& model) {
  using Statistics = BatchNorm2d::Statistics;
  std::int64_t count = 0;
  for (const auto& [name, layer] : model.layers()) {
    auto* norm = dynamic_cast<BatchNorm2d*>(layer);
    if (norm == nullptr) continue;
    if (norm->statistics == Statistics::measured && is_folded(*norm)) norm->statistics = Statistics::folded;
    count += norm->statistics != Statistics::measured ? 1 : 0;
  }
  return count;
}

}  // namespace

std::int64_t estimate_norms(const Model& model, BatchSource& train) {
  const auto count = norms_without(model);
  if (count == 0) return 0;
  // Spread over data that may be sorted.
  BatchSource::Samples rows(std::min(kRows, train.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * train.size() / rows.size());
  torch::NoGradGuard no_grad;
  Pass pass;
  pass.estimates_norms = true;
  State state = train.make(rows, 0);
  model.forward(state, pass, train.first_block(), model.size());
  return count;
}

}  // namespace strop
