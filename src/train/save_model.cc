#include "train/save_model.h"

#include <torch/torch.h>

#include "core/error.h"
#include "core/files.h"
#include "train/saved_config.h"
#include "train/task.h"
#include "train/write_files.h"
#include "tuning/apply.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"

namespace strop {

std::string resolve_save(const Options& options, const Model& model, const std::string& method) {
  const bool adapters = !method.empty() && !find_method(method).peft_type.empty();
  if (options.save != "auto") {
    if (options.save == "adapter" && !adapters) {
      fail(ErrorKind::usage, "save: adapter does not fit method {}, which trains weights themselves; use save=full or delta", options.method);
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
    write_adapter(folder, model, options, request.method, opened.base_name, {request.changed.begin(), request.changed.end()});
    return;
  }
  merge_adapters(model);
  if (request.kind == "delta") {
    std::map<std::string, torch::Tensor> tensors;
    for (const auto& [name, tensor] : model.tensors()) {
      if (request.changed.count(name.substr(0, name.rfind('.'))) != 0) tensors[name] = tensor;
    }
    write_tensors_file(folder / "delta.safetensors", tensors);
    return;
  }
  write_tensors_file(folder / "model.safetensors", model.tensors());
  write_file_atomic(folder / "config.json", saved_config(model).dump(2) + "\n");
  opened.task->save_inputs(folder, opened);
}

}  // namespace strop
