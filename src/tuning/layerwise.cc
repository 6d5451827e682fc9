#include "tuning/layerwise.h"

#include <algorithm>

#include "core/error.h"

namespace strop {
namespace {

// Only blocks first .. last, what trains with the head and the head: those between pass the gradient on, frozen.
Stage stage_of(const ModelFacts& model, const Options& options, const std::string& name, std::size_t first,
               std::size_t last) {
  Stage stage = stage_from(model, options, name, "layerwise", first);
  stage.blocks.clear();
  for (std::size_t i = first; i < model.blocks.size(); ++i) {
    if (i <= last || i >= model.head_begin || model.blocks[i].multiply_adds == 0)
      stage.blocks.push_back(model.blocks[i].name);
  }
  drop_absent_blocks(stage);
  return stage;
}

void check_count(const std::string& key, std::int64_t count, const ModelFacts& model, std::size_t most) {
  if (count > static_cast<std::int64_t>(most)) {
    fail(ErrorKind::usage, "{}: {} is more than the {} blocks of this {} model", key, count, most, model.family);
  }
}

Stage surgical_stage(const ModelFacts& model, const Options& options, const std::vector<std::size_t>& blocks) {
  check_count("surgical", options.surgical, model, blocks.size());
  const auto count = static_cast<std::size_t>(options.surgical);
  std::size_t at = blocks.size() - count;  // nothing measured: the top
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (model.blocks[blocks[i]].name == options.surgical_first) at = i;
  }
  if (at + count > blocks.size()) {
    fail(ErrorKind::usage, "surgical_first: there are no {} blocks from '{}' up to the head", count,
         options.surgical_first);
  }
  return stage_of(model, options, "surgical " + model.blocks[blocks[at]].name, blocks[at], blocks[at + count - 1]);
}

}  // namespace

std::vector<std::size_t> layerwise_blocks(const ModelFacts& model) {
  std::vector<std::size_t> blocks;
  for (std::size_t i = 1; i < model.head_begin; ++i) {
    if (model.blocks[i].parameters > 0 && model.blocks[i].multiply_adds > 0) blocks.push_back(i);
  }
  if (blocks.empty()) {
    fail(ErrorKind::usage,
         "method layerwise: this {} model has no block between input and head; use method=full or head", model.family);
  }
  return blocks;
}

std::vector<Stage> layerwise_stages(const ModelFacts& model, const Options& options) {
  auto blocks = layerwise_blocks(model);
  if (options.surgical > 0) return {surgical_stage(model, options, blocks)};
  if (options.top_k > 0) {
    check_count("top_k", options.top_k, model, blocks.size());
    return {stage_from(model, options, "top " + std::to_string(options.top_k), "layerwise",
                       blocks[blocks.size() - static_cast<std::size_t>(options.top_k)])};
  }
  if (options.layerwise_order == "top_down") std::reverse(blocks.begin(), blocks.end());
  std::vector<Stage> stages;
  std::size_t lowest = model.head_begin;
  for (const auto block : blocks) {
    lowest = std::min(lowest, block);
    const auto name = "block " + model.blocks[block].name;
    stages.push_back(options.gradual_unfreezing ? stage_from(model, options, name, "layerwise", lowest)
                                                : stage_of(model, options, name, block, block));
  }
  return stages;
}

}  // namespace strop
