#include "models/facts.h"

#include <torch/types.h>

#include <algorithm>

#include "models/model.h"

namespace strop {
namespace {

// Every weight of a product is used once at each position (token, pixel), so the multiply-adds tell their number. A
// layer's output is kept once: by the activation, the attention or the norm behind it.
void add_sizes(BlockFacts& facts, const Block& block, double tokens) {
  double weights = 0, outputs = 0, widest = 0;
  for (const auto& [name, layer] : block.layers()) {
    if (layer->kind() == LayerKind::embedding || layer->kind() == LayerKind::slot) continue;
    const auto out = static_cast<double>(layer->shape()[0]);
    outputs += out;
    widest = std::max(widest, out);
    if (layer->shape().size() > 1) weights += static_cast<double>(layer->weight.numel());
  }
  const double positions = weights > 0 && facts.multiply_adds > 0 ? facts.multiply_adds / weights : tokens;
  facts.kept = positions * outputs;
  facts.widest = positions * widest;
}

}  // namespace

ModelFacts model_facts(const Model& model, double tokens, bool head_made) {
  ModelFacts facts;
  facts.family = model.family();
  facts.head_begin = model.head_begin();
  facts.labels = static_cast<std::int64_t>(model.label_names.size());
  facts.tokens = tokens;
  facts.picture_tokens = model.picture_tokens;
  facts.head_made = head_made;
  double width = 0, rows = tokens;  // of what the block before wrote
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto& block = model.block(i);
    BlockFacts one{.name = block.name(), .multiply_adds = block.multiply_adds(tokens)};
    add_sizes(one, block, tokens);
    for (const auto& port : model.live_at(i)) {
      if (port.rows != Rows::bounds) one.live += width * (port.rows == Rows::token ? rows : 1);
    }
    for (const auto& [name, layer] : block.layers()) {
      one.parameters += layer->parameters();
    }
    if (!block.layers().empty()) width = static_cast<double>(block.layers().back().second->shape()[0]);
    // A block that writes new bounds leaves less of each sequence: one row, in the families so far.
    for (const auto& port : block.writes()) {
      if (port.rows == Rows::bounds) rows = 1;
    }
    facts.blocks.push_back(one);
  }
  return facts;
}

}  // namespace strop
