#include "tuning/layerwise.h"

#include <algorithm>

#include "core/error.h"

namespace strop {

std::vector<Stage> layerwise_stages(const ModelFacts& model, const Options& options) {
  // Blocks with weights below the head, the embeddings (block 0) aside: they hold no layer to refine.
  std::vector<std::size_t> encoder;
  for (std::size_t i = 1; i < model.head_begin; ++i) encoder.push_back(i);
  if (encoder.empty()) {
    fail(ErrorKind::usage, "method layerwise: this {} model has no block between input and head; use method=full or head", model.family);
  }
  if (options.top_k > 0) {
    if (options.top_k > static_cast<std::int64_t>(encoder.size())) {
      fail(ErrorKind::usage, "top_k: {} is more than the {} blocks of this model", options.top_k, encoder.size());
    }
    return {stage_from(model, options, "top " + std::to_string(options.top_k), "layerwise",
                       model.head_begin - static_cast<std::size_t>(options.top_k))};
  }
  if (options.layerwise_order == "top_down") std::reverse(encoder.begin(), encoder.end());
  std::vector<Stage> stages;
  std::size_t lowest = model.head_begin;
  for (const auto block : encoder) {
    lowest = std::min(lowest, block);
    const auto first = options.gradual_unfreezing ? lowest : block;
    Stage stage = stage_from(model, options, "block " + model.blocks[block].name, "layerwise", first);
    if (!options.gradual_unfreezing) {
      // Only this block and the head: those between pass the gradient on, frozen.
      std::vector<std::string> own = {model.blocks[block].name};
      for (std::size_t i = model.head_begin; i < model.blocks.size(); ++i) own.push_back(model.blocks[i].name);
      stage.blocks = own;
    }
    stages.push_back(stage);
  }
  return stages;
}

}  // namespace strop
