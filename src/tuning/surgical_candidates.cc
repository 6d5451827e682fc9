#include "tuning/surgical_candidates.h"

#include "tuning/layerwise.h"

namespace strop {

SurgicalCandidates surgical_candidates(const ModelFacts& model, const Options& options) {
  auto blocks = layerwise_blocks(model);
  Options all = options;
  all.surgical = 0;
  all.top_k = static_cast<std::int64_t>(blocks.size());
  return {std::move(blocks), layerwise_stages(model, all).at(0)};
}

}  // namespace strop
