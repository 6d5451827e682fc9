#include "train/save_model.h"

#include <torch/types.h>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "nn/conv.h"
#include "train/saved_config.h"
#include "train/task.h"
#include "train/write_files.h"
#include "tuning/apply.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDelta = "delta.safetensors";

std::vector<std::string> changed_layers(const Model& model, const std::set<std::string>& changed) {
  std::vector<std::string> names;
  for (const auto& [name, layer] : model.layers()) {
    const auto all = layer->stored();
    const bool found = std::any_of(all.begin(), all.end(), [&, prefix = name](const StoredTensor& one) {
      return changed.count(prefix + one.suffix) != 0;
    });
    if (found) names.push_back(name);
  }
  return names;
}

// An adapter holds no position table: the base's stays as it is.
void advise_on_size(const fs::path& folder, const Model& model) {
  if (!model.input_form) return;
  const auto& form = *model.input_form;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto advice = model.block(i).fit_advice(form.height, form.width);
    if (advice.empty()) continue;
    log_warning(
        "{}: trained on pictures of {} x {} pixels, while the base's position table is for others: for other programs "
        "{}, "
        "or make a model of this size with: strop merge --model {} --out FOLDER",
        folder.string(), form.height, form.width, advice, folder.string());
  }
}

void fit_to_pictures(Model& model) {
  if (!model.one_size) return;
  for (std::size_t i = 0; i < model.size(); ++i)
    model.block(i).fit_pictures(model.input_form->height, model.input_form->width);
}

}  // namespace

std::string resolve_save(const Options& options, const Model& model, const std::string& method) {
  const bool adapters = !method.empty() && !find_method(method).peft_type.empty();
  if (adapters && !find_method(method).merges) {
    if (options.save != "auto" && options.save != "adapter") fail_unmergeable(method);
    return "adapter";
  }
  if (options.save != "auto") {
    if (options.save == "adapter" && !adapters) {
      fail(ErrorKind::usage,
           "save: adapter does not fit method {}, for which PEFT's files have no form; use save=full or delta",
           options.method);
    }
    return options.save;
  }
  const bool read_by_others = model.pooling.empty() || model.pooling == "pooler";
  return adapters && read_by_others ? "adapter" : "full";
}

void save_model(const SaveRequest& request, Opened& opened, const Options& options) {
  const auto& folder = request.folder;
  auto& model = *opened.model;
  if (request.kind == "adapter") {
    write_adapter(folder, model, options, request.method, opened.base_name, changed_layers(model, request.changed));
    if (find_method(request.method).merges) advise_on_size(folder, model);
    return;
  }
  if (request.kind == "delta") {
    auto changed = request.changed;
    for (const auto& [name, layer] : model.layers()) {
      if (!layer->adapter) continue;
      for (const auto& one : layer->stored()) changed.insert(name + one.suffix);
    }
    // What was made need not have trained: statistics of norms, say.
    for (const auto& name : opened.made) {
      for (const auto& one : model.find_layer(name)->stored()) changed.insert(name + one.suffix);
    }
    merge_adapters(model);
    auto tensors = model.tensors();
    std::erase_if(tensors, [&](const auto& one) { return changed.count(one.first) == 0; });
    write_tensors_file(folder / kDelta, tensors);
    return;
  }
  merge_adapters(model);
  fit_to_pictures(model);
  auto tensors = model.tensors();
  // PyTorch's batch norms hold a count of batches, which says nothing of a network whose statistics are frozen; others
  // report a file without it as incomplete.
  for (const auto& [name, layer] : model.layers()) {
    if (layer->kind() == LayerKind::batch_norm) tensors[name + ".num_batches_tracked"] = torch::zeros({}, torch::kLong);
  }
  write_tensors_file(folder / "model.safetensors", tensors);
  write_json_file(folder / "config.json", saved_config(model));
  opened.task->save_inputs(folder, opened);
}

std::set<std::string> read_delta(const fs::path& folder, Model& model) {
  const auto file = folder / kDelta;
  const auto files = std::make_shared<const WeightFiles>(file);
  std::map<std::string, StoredTensor> stored;
  for (const auto& [name, layer] : model.layers()) {
    for (const auto& one : layer->stored()) stored.emplace(name + one.suffix, one);
  }
  std::set<std::string> names;
  for (const auto& [name, view] : files->tensors()) {
    const auto place = stored.find(name);
    if (place == stored.end() || place->second.shape != view.shape) {
      fail(ErrorKind::model, "{}: tensor '{}' [{}] fits none of this {} model: the run was trained on another base",
           file.string(), name, join_numbers(view.shape), model.family());
    }
    *place->second.tensor = to_tensor(view, files);
    names.insert(name);
  }
  for (const auto& [name, layer] : model.layers()) {
    auto* norm = dynamic_cast<BatchNorm2d*>(layer);
    if (norm != nullptr && names.contains(name + ".running_mean")) norm->statistics = BatchNorm2d::Statistics::measured;
  }
  return names;
}

}  // namespace strop
