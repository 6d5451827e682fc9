#include "tuning/norm_tuning.h"

#include "nn/block.h"
#include "tuning/full.h"

namespace strop {

std::vector<Stage> norm_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "norm")};
}

void open_norms(Block& block, const Options&) {
  for (const auto& [name, layer] : block.layers()) {
    if (layer->kind() == LayerKind::norm || layer->kind() == LayerKind::batch_norm) open_weights(*layer);
  }
}

}  // namespace strop
