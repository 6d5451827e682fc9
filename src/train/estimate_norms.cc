#include "train/estimate_norms.h"

#include <torch/types.h>

#include <algorithm>
#include <span>
#include <vector>

#include "nn/conv.h"
#include "train/join_states.h"
#include "train/prefix_source.h"

namespace strop {
namespace {

constexpr std::size_t kRows = 32;
// Of those that go at once through what has its statistics: all of them take more memory there than training does.
constexpr std::size_t kRowsBelow = 8;

bool is_folded(const BatchNorm2d& norm) {
  return norm.momentum > 0 && norm.running_mean.eq(0).all().item<bool>() && norm.running_var.eq(1).all().item<bool>();
}

struct Missing {
  std::int64_t norms = 0;
  std::size_t first_block = 0;  // the lowest that has one
};

Missing norms_without(const Model& model) {
  using Statistics = BatchNorm2d::Statistics;
  Missing missing;
  for (std::size_t i = 0; i < model.size(); ++i) {
    for (const auto& [name, layer] : model.block(i).layers()) {
      auto* norm = dynamic_cast<BatchNorm2d*>(layer);
      if (norm == nullptr) continue;
      if (norm->statistics == Statistics::measured && is_folded(*norm)) norm->statistics = Statistics::folded;
      if (norm->statistics == Statistics::measured) continue;
      if (missing.norms++ == 0) missing.first_block = i;
    }
  }
  return missing;
}

}  // namespace

std::int64_t estimate_norms(const Model& model, BatchSource& train) {
  const auto missing = norms_without(model);
  if (missing.norms == 0) return 0;
  // Spread over data that may be sorted.
  BatchSource::Samples rows(std::min(kRows, train.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * train.size() / rows.size());
  torch::NoGradGuard no_grad;
  const auto first = std::max(missing.first_block, train.first_block());
  PrefixSource below(train, model, first, torch::kFloat, {}, /*losses=*/true);
  std::vector<State> parts;
  for (std::size_t i = 0; i < rows.size(); i += kRowsBelow) {
    parts.push_back(below.make(std::span(rows).subspan(i, std::min(kRowsBelow, rows.size() - i)), 0));
  }
  State state = join_states(model.live_at(first, /*losses=*/true), std::move(parts));
  Pass pass;
  pass.estimates_norms = true;
  model.forward(state, pass, first, model.size());
  return missing.norms;
}

}  // namespace strop
