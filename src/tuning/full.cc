#include "tuning/full.h"

#include <algorithm>
#include <cmath>

#include "models/model.h"
#include "nn/block.h"
#include "nn/conv.h"

namespace strop {

namespace {

constexpr double kMomentum = 0.1;  // torch.nn.BatchNorm2d's

// On the learning rate of block i, `top` being the highest encoder block.
double depth_factor(const Options& options, std::size_t i, std::size_t top) {
  if (i >= top) return 1;
  const auto below = static_cast<double>(top - i);
  return std::pow(options.layer_decay, below) * std::pow(options.lowest_lr, below / static_cast<double>(top));
}

}  // namespace

Stage stage_from(const ModelFacts& model, const Options& options, const std::string& name, const std::string& method,
                 std::size_t first_block) {
  Stage stage;
  stage.name = name;
  stage.method = method;
  stage.cut = model.blocks.at(first_block).name;
  const auto top = model.head_begin == 0 ? 0 : model.head_begin - 1;  // the highest encoder block
  for (std::size_t i = first_block; i < model.blocks.size(); ++i) {
    const auto& block = model.blocks[i].name;
    stage.blocks.push_back(block);
    double rate = depth_factor(options, i, top);
    // update_period: the head first, then each block from the top; the last entry holds for all below. A block that
    // moves seldom moves by less each time, for all above it has gone on meanwhile: at the full rate, periods 1,1,1,3
    // lost a point on SST-2, where now they lose none (docs/benchmarks.md). A detector's blocks have further to go:
    // periods 1,1,2,2,4,4,4 in 12 epochs on BCCD end 4 AP better at the full rate (one seed).
    if (!options.update_period.empty()) {
      const std::size_t depth = i >= model.head_begin ? 0 : model.head_begin - i;
      const auto period = options.update_period[std::min(depth, options.update_period.size() - 1)];
      if (period > 1) stage.update_period[block] = period;
      if (options.task != kObjectDetection) rate /= std::sqrt(static_cast<double>(period));
    }
    if (rate != 1) stage.lr_scale[block] = rate;
  }
  return stage;
}

void drop_absent_blocks(Stage& stage) {
  const auto absent = [&](const auto& entry) {
    return std::find(stage.blocks.begin(), stage.blocks.end(), entry.first) == stage.blocks.end();
  };
  std::erase_if(stage.lr_scale, absent);
  std::erase_if(stage.update_period, absent);
}

std::vector<Stage> full_stages(const ModelFacts& model, const Options& options) {
  return {stage_from(model, options, "full", "full", 0)};
}

std::vector<Stage> head_stages(const ModelFacts& model, const Options& options) {
  const auto last = model.blocks.size() - 1;
  std::vector<Stage> stages;
  if (options.head_solver != "sgd") {
    Stage closed = stage_from(model, options, "closed-form head", "head", last);
    closed.solver = options.head_solver;
    stages.push_back(closed);
  }
  // The gradient stage goes on from the closed form, where the head has more to train than its last layer.
  const bool deeper_head = model.head_begin < last && model.blocks[model.head_begin].parameters > 0;
  if (options.head_solver == "sgd" || (options.head_solver == "auto" && deeper_head)) {
    stages.push_back(stage_from(model, options, "head", "head", model.head_begin));
  }
  return stages;
}

void open_tensor(at::Tensor& tensor) {
  // The stored tensor may be the mapped file itself: training works on a copy.
  tensor = tensor.detach().clone().requires_grad_();
}

void open_weights(Layer& layer) {
  if (layer.kind() == LayerKind::slot) return;
  open_tensor(layer.weight);
  if (layer.has_bias()) open_tensor(layer.bias);
}

void open_statistics(Layer& layer) {
  auto* norm = dynamic_cast<BatchNorm2d*>(&layer);
  if (norm == nullptr) return;
  norm->momentum = kMomentum;
  // They move in place, and the stored ones may be the mapped file.
  for (auto* one : {&norm->running_mean, &norm->running_var}) *one = one->clone();
}

void hold_statistics(Layer& layer) {
  if (auto* norm = dynamic_cast<BatchNorm2d*>(&layer)) norm->momentum = 0;
}

void open_weights(Block& block, const Options&) {
  for (const auto& [name, layer] : block.layers()) open_weights(*layer);
}

}  // namespace strop
