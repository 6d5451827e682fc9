#include "models/facts.h"

#include <torch/torch.h>

#include "models/model.h"

namespace strop {

ModelFacts model_facts(const Model& model, double tokens, bool head_made) {
  ModelFacts facts;
  facts.family = model.family();
  facts.head_begin = model.head_begin();
  facts.labels = static_cast<std::int64_t>(model.label_names.size());
  facts.tokens = tokens;
  facts.head_made = head_made;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto& block = model.block(i);
    BlockFacts one{block.name(), 0, block.multiply_adds(tokens)};
    for (const auto& [name, layer] : block.layers()) {
      one.parameters += layer->weight.numel() + (layer->has_bias() ? layer->bias.numel() : 0);
    }
    facts.blocks.push_back(one);
  }
  return facts;
}

}  // namespace strop
