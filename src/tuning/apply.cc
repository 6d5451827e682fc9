#include "tuning/apply.h"

#include <torch/types.h>

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "nn/conv.h"
#include "tuning/full.h"
#include "tuning/method.h"

namespace strop {

void freeze(Model& model) {
  for (const auto& [name, layer] : model.layers()) {
    for (const auto& one : layer->stored()) *one.tensor = one.tensor->detach();
    if (layer->adapter) {
      for (auto& [key, tensor] : layer->adapter->tensors()) *tensor = tensor->detach();
    }
    hold_statistics(*layer);
  }
}

namespace {

[[noreturn]] void fail_no_target(const Model& model, const Stage& stage, const Options& options) {
  std::vector<std::string> names;
  for (const auto& [name, layer] : model.block(model.index_of(stage.blocks.front())).layers()) {
    if (layer->kind() != LayerKind::slot) names.push_back(name);
  }
  const auto& method = find_method(stage.method);
  if (method.trains != Trains::adapters || options.target_modules.empty()) {
    fail(ErrorKind::usage, "method {}: blocks {} of this {} model hold nothing that it trains; layers of {}: {}",
         stage.method, join(stage.blocks, ", "), model.family(), stage.blocks.front(), join(names, ", "));
  }
  fail(ErrorKind::usage, "method {}: target_modules [{}] match no layer of this {} model; layers of {}: {}",
       stage.method, join(options.target_modules, ", "), model.family(), stage.blocks.front(), join(names, ", "));
}

// PEFT's names in modules_to_save are those of modules, of which a layer is the innermost: "pooler" is pooler.dense
// too.
bool saves(const std::vector<std::string>& wanted, const std::string& layer_name, const Layer& layer) {
  for (std::string module : {layer_name, layer.memory_name}) {
    while (!module.empty()) {
      if (matches_modules(wanted, module, layer)) return true;
      const auto dot = module.rfind('.');
      module.resize(dot == std::string::npos ? 0 : dot);
    }
  }
  return false;
}

// The layers that modules_to_save names train in full, and take no adapter (PEFT's rule).
void open_saved_modules(Block& block, const Options& options) {
  for (const auto& [name, layer] : block.layers()) {
    if (!saves(options.modules_to_save, name, *layer)) continue;
    layer->adapter.reset();
    open_weights(*layer);
  }
}

void check_saved_modules(const Model& model, const Stage& stage, const Options& options) {
  for (const auto& wanted : options.modules_to_save) {
    const bool found = std::any_of(stage.blocks.begin(), stage.blocks.end(), [&](const std::string& name) {
      const auto& layers = model.block(model.index_of(name)).layers();
      return std::any_of(layers.begin(), layers.end(),
                         [&](const auto& entry) { return saves({wanted}, entry.first, *entry.second); });
    });
    if (!found) {
      fail(ErrorKind::usage, "modules_to_save: '{}' names no layer of the blocks that train: {}", wanted,
           join(stage.blocks, ", "));
    }
  }
}

bool has_adapter(const Block& block) {
  return std::any_of(block.layers().begin(), block.layers().end(),
                     [](const auto& entry) { return entry.second->adapter != nullptr; });
}

bool is_open(Layer& layer) {
  const auto all = layer.stored();
  return std::any_of(all.begin(), all.end(), [](const StoredTensor& one) { return one.tensor->requires_grad(); });
}

// Whether a method opens a layer of a block without adapters for which `wanted` holds; the block is left as it was.
bool opens(decltype(Method::open_block) open_block, Block& block, const Options& options,
           const std::function<bool(Layer&)>& wanted) {
  open_block(block, options);
  bool found = false;
  for (const auto& [name, layer] : block.layers()) {
    found = found || wanted(*layer);
    layer->adapter.reset();
    for (const auto& one : layer->stored()) *one.tensor = one.tensor->detach();
  }
  return found;
}

bool learns_statistics(const Layer& layer) {
  const auto* norm = dynamic_cast<const BatchNorm2d*>(&layer);
  return norm != nullptr && norm->momentum > 0;
}

// A plan that a person has edited may contradict itself.
void check_names(const Model& model, const Stage& stage) {
  const auto cut = model.index_of(stage.cut);
  for (const auto& name : stage.blocks) {
    if (model.index_of(name) < cut) {
      fail(ErrorKind::usage,
           "stage '{}': block {} lies below its cut, {}, and so would not train; cut there, or leave it "
           "out of blocks",
           stage.name, name, stage.cut);
    }
  }
  const auto check = [&](const char* key, const auto& by_block) {
    for (const auto& [name, value] : by_block) {
      model.index_of(name);
      if (std::find(stage.blocks.begin(), stage.blocks.end(), name) != stage.blocks.end()) continue;
      fail(ErrorKind::usage, "stage '{}': {} names {}, which is not among its blocks: {}", stage.name, key, name,
           join(stage.blocks, ", "));
    }
  };
  check("lr_scale", stage.lr_scale);
  check("update_period", stage.update_period);
}

}  // namespace

void check_stage(Model& model, const Stage& stage, const Options& options) {
  const auto& method = find_method(stage.method);
  check_names(model, stage);
  if (method.trains == Trains::weights) {
    for (const auto& name : stage.blocks) model.index_of(name);
    return;
  }
  bool below_head = false, trains = false;
  for (const auto& name : stage.blocks) {
    const auto index = model.index_of(name);
    if (index >= model.head_begin()) continue;
    below_head = true;
    auto& block = model.block(index);
    const auto anything = [](Layer& layer) { return layer.adapter != nullptr || is_open(layer); };
    trains = has_adapter(block) || opens(method.open_block, block, options, anything) || trains;
  }
  if (below_head && !trains) fail_no_target(model, stage, options);
  check_saved_modules(model, stage, options);
}

void check_statistics(Model& model, const std::vector<Stage>& stages, const Options& options) {
  if (options.freeze_bn) return;
  void (*const whole)(Block&, const Options&) = &open_weights;
  const auto open_norm = [](Layer& layer) { return layer.kind() == LayerKind::batch_norm && is_open(layer); };
  for (const auto& stage : stages) {
    if (stage.solver != "gradient") continue;
    for (const auto& name : stage.blocks) {
      const auto index = model.index_of(name);
      auto& block = model.block(index);
      const auto open_block = index >= model.head_begin() ? whole : find_method(stage.method).open_block;
      if (!has_adapter(block) && opens(open_block, block, options, open_norm)) return;
    }
  }
  fail(
      ErrorKind::usage,
      "freeze_bn=false: no BatchNorm of this {} model trains with method={}, so none has statistics to learn; leave it "
      "at true, or let blocks with BatchNorm train (method full, layerwise or norm)",
      model.family(), options.method);
}

std::vector<TrainedTensor> apply_stage(Model& model, const Stage& stage, const Options& options) {
  freeze(model);
  const auto& method = find_method(stage.method);
  for (const auto& name : stage.blocks) {
    const auto index = model.index_of(name);
    auto& block = model.block(index);
    if (index >= model.head_begin()) {
      open_weights(block, options);
      continue;
    }
    bool adapted = false;
    for (const auto& [layer_name, layer] : block.layers()) {
      if (!layer->adapter) continue;
      adapted = true;
      for (auto& [key, tensor] : layer->adapter->tensors()) tensor->requires_grad_();
    }
    if (!adapted) method.open_block(block, options);
    if (method.trains != Trains::weights) open_saved_modules(block, options);
  }
  if (!options.freeze_bn) {
    for (const auto& [name, layer] : model.layers()) {
      if (is_open(*layer)) open_statistics(*layer);
    }
  }
  model.to(model.device());  // adapters are made on the CPU
  auto trained = trained_tensors(model, stage);
  const bool any_below_head = std::any_of(stage.blocks.begin(), stage.blocks.end(), [&](const std::string& name) {
    return model.index_of(name) < model.head_begin();
  });
  const bool trains_below_head = std::any_of(trained.begin(), trained.end(), [&](const TrainedTensor& one) {
    return model.index_of(one.block) < model.head_begin();
  });
  if (any_below_head && !trains_below_head) fail_no_target(model, stage, options);
  return trained;
}

std::vector<TrainedTensor> trained_tensors(const Model& model, const Stage& stage) {
  std::vector<TrainedTensor> all;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto& block = model.block(i);
    const auto scale = stage.lr_scale.find(block.name());
    const auto add = [&](const std::string& name, const torch::Tensor& tensor, double factor) {
      if (!tensor.defined() || !tensor.requires_grad()) return;
      all.push_back({name, block.name(), tensor, factor * (scale == stage.lr_scale.end() ? 1.0 : scale->second),
                     tensor.dim() >= 2});
    };
    for (const auto& [name, layer] : block.layers()) {
      for (const auto& one : layer->stored()) add(name + one.suffix, *one.tensor, 1);
      if (!layer->adapter) continue;
      for (const auto& [key, tensor] : layer->adapter->tensors())
        add(name + "." + key, *tensor, layer->adapter->rate_factor(key));
    }
  }
  return all;
}

std::set<std::string> open_tensors(const Model& model) {
  std::set<std::string> names;
  for (const auto& [name, layer] : model.layers()) {
    for (const auto& one : layer->stored()) {
      if (one.tensor->requires_grad() || learns_statistics(*layer)) names.insert(name + one.suffix);
    }
  }
  return names;
}

std::map<std::string, std::string> frozen_hashes(const Model& model, const std::set<std::string>& changed) {
  std::map<std::string, std::string> hashes;
  for (std::size_t i = 0; i < model.size(); ++i) {
    std::string digests;
    for (const auto& [name, layer] : model.block(i).layers()) {
      for (const auto& one : layer->stored()) {
        if (changed.count(name + one.suffix) != 0) continue;
        const auto plain = one.tensor->to(torch::kCPU).contiguous();
        digests += name + one.suffix + sha256({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
      }
    }
    if (!digests.empty()) hashes[model.block(i).name()] = sha256(digests);
  }
  return hashes;
}

void merge_adapters(Model& model) {
  torch::NoGradGuard no_grad;
  for (const auto& [name, layer] : model.layers()) {
    if (!layer->adapter) continue;
    torch::Tensor weight, bias;
    layer->adapter->merge(*layer, weight, bias);
    layer->weight = weight.detach().clone();
    if (layer->has_bias()) layer->bias = bias.detach().clone();
    layer->adapter.reset();
  }
}

}  // namespace strop
