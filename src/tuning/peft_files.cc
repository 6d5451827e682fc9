#include "tuning/peft_files.h"

#include <torch/torch.h>

#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "tuning/method.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "base_model.model.";

TensorView view_of(const torch::Tensor& tensor) {
  return {"F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

nlohmann::json read_adapter_config(const fs::path& folder) {
  const auto file = folder / "adapter_config.json";
  try {
    return nlohmann::json::parse(read_file(file, ErrorKind::model, 64 << 20));
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorKind::model, "{}: broken JSON near byte {}", file.string(), error.byte);
  }
}

fs::path adapter_weights(const fs::path& folder) {
  const auto file = folder / "adapter_model.safetensors";
  if (!fs::exists(file)) {
    fail(ErrorKind::model, "{}: no adapter_model.safetensors{}", folder.string(),
         fs::exists(folder / "adapter_model.bin") ? " (adapter_model.bin is a pickle; save it again with safe_serialization=True)" : "");
  }
  return file;
}

const Method& method_of(const nlohmann::json& config, const fs::path& folder) {
  const auto type = config.is_object() && config.contains("peft_type") && config["peft_type"].is_string() ? config["peft_type"].get<std::string>() : "";
  std::vector<std::string> known;
  for (const auto& method : methods()) {
    if (!method.peft_type.empty() && method.peft_type == type) return method;
    if (!method.peft_type.empty()) known.push_back(method.peft_type);
  }
  fail(ErrorKind::model, "{}: peft_type is '{}'; supported: {}", (folder / "adapter_config.json").string(), type, join(known, ", "));
}

}  // namespace

void write_adapter(const fs::path& folder, Model& model, const Options& options, const std::string& method_name,
                   const std::string& base_name, const std::vector<std::string>& saved_layers) {
  const auto& method = find_method(method_name);
  std::map<std::string, torch::Tensor> keep;
  std::vector<std::string> modules;
  for (const auto& [name, layer] : model.layers()) {
    if (!layer->adapter) continue;
    modules.push_back(name);
    for (const auto& [key, tensor] : layer->adapter->tensors()) {
      keep[std::string(kPrefix) + name + "." + key] = tensor->detach().to(torch::kFloat).contiguous();
    }
  }
  for (const auto& name : saved_layers) {
    for (const auto& one : model.find_layer(name)->stored()) {
      keep[std::string(kPrefix) + name + one.suffix] = one.tensor->detach().contiguous();
    }
  }
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : keep) views[name] = view_of(tensor);

  nlohmann::json config = method.peft_config(options, modules);
  config["peft_type"] = method.peft_type;
  config["task_type"] = "SEQ_CLS";
  config["base_model_name_or_path"] = base_name;
  config["inference_mode"] = true;
  config["modules_to_save"] = saved_layers;
  config["auto_mapping"] = nullptr;
  config["revision"] = nullptr;
  write_file_atomic(folder / "adapter_config.json", config.dump(2) + "\n");
  write_safetensors(folder / "adapter_model.safetensors", views);
}

std::string read_adapter(const fs::path& folder, Model& model) {
  const auto config = read_adapter_config(folder);
  const auto& method = method_of(config, folder);
  const auto file = adapter_weights(folder);
  const auto files = std::make_shared<const WeightFiles>(file);
  // module -> PEFT's names relative to it -> tensor
  std::map<std::string, std::map<std::string, torch::Tensor>> by_module;
  std::vector<std::string> all_modules;
  for (const auto& [name, layer] : model.layers()) all_modules.push_back(name);
  for (const auto& [key, view] : files->tensors()) {
    if (!starts_with(key, kPrefix)) {
      fail(ErrorKind::model, "{}: tensor '{}' does not start with '{}'; expected PEFT's names", file.string(), key, kPrefix);
    }
    const std::string rest = key.substr(kPrefix.size());
    std::string owner;
    for (const auto& name : all_modules) {
      if (starts_with(rest, name + ".") && name.size() > owner.size()) owner = name;
    }
    if (owner.empty()) {
      fail(ErrorKind::model, "{}: tensor '{}' fits no layer of this {} model (its layers are named like '{}'): the adapter belongs to another base",
           file.string(), key, model.family(), all_modules.back());
    }
    by_module[owner][rest.substr(owner.size() + 1)] = to_tensor(view, files);
  }
  for (auto& [module, tensors] : by_module) {
    Layer* layer = model.find_layer(module);
    if (tensors.count("weight") != 0) {  // a module saved in full
      if (tensors["weight"].sizes().vec() != layer->shape()) {
        fail(ErrorKind::model, "{}: '{}' is [{}]; the model's is [{}]", file.string(), module,
             join_numbers(tensors["weight"].sizes().vec()), join_numbers(layer->shape()));
      }
      layer->weight = tensors["weight"].clone();
      tensors.erase("weight");
      if (layer->has_bias() && tensors.count("bias") != 0) {
        layer->bias = tensors["bias"].clone();
        tensors.erase("bias");
      }
      if (tensors.empty()) continue;
    }
    layer->adapter = method.read(config, module, *layer, tensors);
    for (const auto& [key, tensor] : tensors) {
      if (layer->adapter->tensors().count(key) == 0) {
        fail(ErrorKind::model, "{}: '{}' of '{}' is no tensor of a {} adapter", file.string(), key, module, method.name);
      }
    }
  }
  return method.name;
}

std::int64_t adapter_labels(const fs::path& folder) {
  const WeightFiles files(adapter_weights(folder));
  for (const auto* name : {"base_model.model.classifier.weight", "base_model.model.score.weight"}) {
    const auto found = files.tensors().find(name);
    if (found != files.tensors().end() && found->second.shape.size() == 2) return found->second.shape[0];
  }
  return 0;
}

}  // namespace strop
