#include "train/surgical.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "core/interrupt.h"
#include "core/log.h"
#include "planner/rows_at_once.h"
#include "train/prefix_source.h"
#include "tuning/apply.h"
#include "tuning/surgical_candidates.h"

namespace strop {
namespace {

constexpr std::size_t kBatches = 4, kSamples = 16;

// Of each trained block the squared norms of its tensors or of their gradients.
std::map<std::string, double> squares(const std::vector<TrainedTensor>& trained, bool gradients) {
  std::map<std::string, double> sums;
  for (const auto& one : trained) {
    const auto& tensor = gradients ? one.tensor.grad() : one.tensor;
    if (tensor.defined()) sums[one.block] += tensor.detach().square().sum(torch::kDouble).item<double>();
  }
  return sums;
}

}  // namespace

SurgicalChoice choose_surgical(Model& model, const Options& options, const TrainData& data) {
  const auto facts = model_facts(model, 1, false);
  const auto [blocks, stage] = surgical_candidates(facts, options);
  const auto trained = apply_stage(model, stage, options);
  const auto weights = squares(trained, false);

  PrefixSource source(*data.train, model, blocks.front(), torch::kFloat);
  auto order = Sampler(sampler_config(options), data.train->labels(), data.train->lengths()).epoch_batches(0);
  order.resize(std::min(order.size(), kBatches));
  // A limit on memory may be too low for all of them.
  const auto at_once = options.memory.empty() ? static_cast<std::size_t>(pictures_at_once(model.picture_tokens)) : 1;
  std::map<std::string, double> ratios;
  for (auto& batch : order) {
    throw_if_interrupted();
    batch.samples.resize(std::min(batch.samples.size(), kSamples));
    for (std::size_t first = 0; first < batch.samples.size(); first += at_once) {
      const auto part = std::span(batch.samples).subspan(first, std::min(at_once, batch.samples.size() - first));
      MicroBatch micro{source.make(part, 0), source.first_block(), {}, {}};
      for (const auto sample : part) add_label(micro, source.labels()[static_cast<std::size_t>(sample)]);
      run_step(model, std::move(micro), Pass{}, {}, blocks.front(), static_cast<double>(batch.samples.size()), 0);
    }
    for (const auto& [block, square] : squares(trained, true)) {
      ratios[block] += std::sqrt(square / std::max(weights.at(block), 1e-30)) / static_cast<double>(order.size());
    }
    for (const auto& one : trained) one.tensor.mutable_grad() = torch::Tensor();
  }
  freeze(model);

  SurgicalChoice choice;
  for (const auto block : blocks) {
    const auto& name = facts.blocks[block].name;
    choice.gradients.emplace_back(name, ratios[name]);
    log_info("surgical: {}: gradient {:.3g} of the weights", name, ratios[name]);
  }
  const auto count = static_cast<std::size_t>(options.surgical);
  double best = -1;
  for (std::size_t i = 0; i + count <= blocks.size(); ++i) {
    const auto first = choice.gradients.begin() + static_cast<std::ptrdiff_t>(i);
    const double sum = std::accumulate(first, first + options.surgical, 0.0,
                                       [](double part, const auto& one) { return part + one.second; });
    if (sum <= best) continue;
    best = sum;
    choice.first = first->first;
  }
  return choice;
}

}  // namespace strop
