#include "tuning/bitfit.h"

#include "nn/block.h"
#include "tuning/full.h"

namespace strop {

std::vector<Stage> bitfit_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "bitfit")};
}

void open_biases(Block& block, const Options&) {
  for (const auto& [name, layer] : block.layers()) {
    if (layer->has_bias()) open_tensor(layer->bias);
  }
}

}  // namespace strop
