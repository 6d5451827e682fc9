#include "tuning/peft_files.h"

#include <torch/types.h>

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
    const auto text = read_file(file, ErrorKind::model, 64 << 20);
    auto config = nlohmann::json::parse(text);
    // As lists, for their order counts (tuning/pattern.h).
    const auto ordered = nlohmann::ordered_json::parse(text);
    for (const char* key : {"rank_pattern", "alpha_pattern"}) {
      if (!ordered.is_object() || !ordered.contains(key) || !ordered[key].is_object()) continue;
      config[key] = nlohmann::json::array();
      for (const auto& [name, value] : ordered[key].items()) config[key].push_back({name, value});
    }
    return config;
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorKind::model, "{}: broken JSON near byte {}", file.string(), error.byte);
  }
}

fs::path adapter_weights(const fs::path& folder) {
  const auto file = folder / "adapter_model.safetensors";
  if (!fs::exists(file)) {
    fail(ErrorKind::model, "{}: no adapter_model.safetensors{}", folder.string(),
         fs::exists(folder / "adapter_model.bin")
             ? " (adapter_model.bin is a pickle; save it again with safe_serialization=True)"
             : "");
  }
  return file;
}

const Method& method_of(const nlohmann::json& config, const fs::path& folder) {
  const auto type = config.is_object() && config.contains("peft_type") && config["peft_type"].is_string()
                        ? config["peft_type"].get<std::string>()
                        : "";
  std::vector<std::string> known;
  for (const auto& method : methods()) {
    if (!method.peft_type.empty() && method.peft_type == type) return method;
    if (!method.peft_type.empty()) known.push_back(method.peft_type);
  }
  fail(ErrorKind::model, "{}: peft_type is '{}'; supported: {}", (folder / "adapter_config.json").string(), type,
       join(known, ", "));
}

std::string written_name(const std::string& name, const Layer& layer, bool as_in_memory) {
  return as_in_memory && !layer.memory_name.empty() ? layer.memory_name : name;
}

// `value` with every text and every key that `names` has replaced by what stands there.
nlohmann::json renamed(const nlohmann::json& value, const std::map<std::string, std::string>& names) {
  const auto name_of = [&](const std::string& text) {
    const auto found = names.find(text);
    return found == names.end() ? text : found->second;
  };
  if (value.is_string()) return name_of(value.get<std::string>());
  nlohmann::json result = value;
  if (value.is_array()) {
    for (auto& item : result) item = renamed(item, names);
  } else if (value.is_object()) {
    result = nlohmann::json::object();
    for (const auto& [key, item] : value.items()) result[name_of(key)] = renamed(item, names);
  }
  return result;
}

// Pictures have no task_type in PEFT; the model's class says how to open it again.
nlohmann::json auto_mapping(const Model& model) {
  if (model.task != kImageClassification || model.task_architecture.empty()) return nullptr;
  return {{"base_model_class", model.task_architecture},
          {"parent_library", "transformers.models." + model.family() + ".modeling_" + model.family()}};
}

// The layer that a tensor of an adapter belongs to, by its name on disk or in memory, the longest that fits.
struct Owner {
  std::string name, spelled;
};
Owner owner_of(const std::string& tensor, const std::vector<std::pair<std::string, Layer*>>& layers) {
  Owner owner;
  for (const auto& [name, layer] : layers) {
    for (const auto& spelled : {name, layer->memory_name}) {
      if (!spelled.empty() && starts_with(tensor, spelled + ".") && spelled.size() > owner.spelled.size())
        owner = {name, spelled};
    }
  }
  return owner;
}

// The adapter must say the same twice: which layers it is for (target_modules of its config) and which it has tensors
// of. Otherwise some of it would do nothing, and nobody would know. `saved`: layers that the file holds in full
// instead.
void check_targets(const nlohmann::json& config, const fs::path& folder, const Model& model,
                   const std::set<std::string>& saved) {
  const auto place = (folder / "adapter_config.json").string();
  std::size_t adapted = 0;
  for (const auto& [name, layer] : model.layers()) adapted += layer->adapter ? 1 : 0;
  if (adapted == 0) {
    fail(ErrorKind::model,
         "{}: the file of weights holds no tensor of this adapter, which would do nothing; save it again", place);
  }
  std::vector<std::string> wanted;
  const auto targets = config.find("target_modules");
  if (targets == config.end() || targets->is_null()) return;
  if (targets->is_string()) wanted = {targets->get<std::string>()};
  else if (targets->is_array()) wanted = targets->get<std::vector<std::string>>();
  const auto excluded = config.value("exclude_modules", nlohmann::json());
  const auto leaves_out = [&](const std::string& name, const Layer& layer) {
    if (excluded.is_string()) return matches_modules({excluded.get<std::string>()}, name, layer);
    return excluded.is_array() && !excluded.empty() &&
           matches_modules(excluded.get<std::vector<std::string>>(), name, layer);
  };
  const auto some = config.value("layers_to_transform", nlohmann::json());
  for (std::size_t i = 0; i < model.head_begin(); ++i) {
    for (const auto& [name, layer] : model.block(i).layers()) {
      const bool named = matches_modules(wanted, name, *layer) && !leaves_out(name, *layer);
      if (layer->adapter && !named) {
        fail(ErrorKind::model, "{}: target_modules [{}] do not name '{}', of which the file has tensors", place,
             join(wanted, ", "), name);
      }
      if (!layer->adapter && named && saved.count(name) == 0 && some.is_null() &&
          (layer->kind() == LayerKind::linear || layer->kind() == LayerKind::conv)) {
        fail(ErrorKind::model,
             "{}: target_modules [{}] name '{}', but the file has no tensor of it: a part of the adapter is lost",
             place, join(wanted, ", "), name);
      }
    }
  }
}

}  // namespace

void write_adapter(const fs::path& folder, Model& model, const Options& options, const std::string& method_name,
                   const std::string& base_name, const std::vector<std::string>& saved_layers) {
  const auto& method = find_method(method_name);
  const bool as_in_memory = options.names == "v5";
  std::map<std::string, torch::Tensor> keep;
  std::map<std::string, std::string> written;
  NamedLayers adapted;
  for (const auto& [name, layer] : model.layers()) {
    written[name] = written_name(name, *layer, as_in_memory);
    if (!layer->adapter) continue;
    adapted.emplace_back(name, layer);
    for (const auto& [key, tensor] : layer->adapter->tensors()) {
      keep[std::string(kPrefix) + written[name] + "." + key] =
          layer->adapter->in_file(key, tensor->detach()).to(torch::kCPU, torch::kFloat).contiguous();
    }
  }
  for (const auto& name : saved_layers) {
    for (const auto& one : model.find_layer(name)->stored()) {
      keep[std::string(kPrefix) + written[name] + one.suffix] = one.tensor->detach().to(torch::kCPU).contiguous();
    }
  }
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : keep) views[name] = view_of(tensor);

  nlohmann::json config = renamed(method.peft_config(options, adapted), written);
  config["peft_type"] = method.peft_type;
  config["task_type"] = model.task == kTextClassification ? nlohmann::json("SEQ_CLS") : nlohmann::json(nullptr);
  config["base_model_name_or_path"] = base_name;
  config["inference_mode"] = true;
  config["modules_to_save"] = renamed(saved_layers, written);
  config["auto_mapping"] = auto_mapping(model);
  config["revision"] = nullptr;
  write_file_atomic(folder / "adapter_config.json", config.dump(2) + "\n");
  write_safetensors(folder / "adapter_model.safetensors", views);
}

std::string read_adapter(const fs::path& folder, Model& model, std::set<std::string>* saved_layers) {
  const auto config = read_adapter_config(folder);
  const auto& method = method_of(config, folder);
  const auto file = adapter_weights(folder);
  const auto files = std::make_shared<const WeightFiles>(file);
  const auto layers = model.layers();
  // module -> PEFT's names relative to it -> tensor
  std::map<std::string, std::map<std::string, torch::Tensor>> by_module;
  std::map<std::string, std::string> spelled;  // as the file has it
  for (const auto& [key, view] : files->tensors()) {
    if (!starts_with(key, kPrefix)) {
      fail(ErrorKind::model, "{}: tensor '{}' does not start with '{}'; expected PEFT's names", file.string(), key,
           kPrefix);
    }
    const std::string rest = key.substr(kPrefix.size());
    const Owner owner = owner_of(rest, layers);
    if (owner.name.empty()) {
      fail(ErrorKind::model,
           "{}: tensor '{}' fits no layer of this {} model (its layers are named like '{}'): the adapter belongs to "
           "another base",
           file.string(), key, model.family(), layers.back().first);
    }
    spelled[owner.name] = owner.spelled;
    by_module[owner.name][rest.substr(owner.spelled.size() + 1)] = to_tensor(view, files);
  }
  std::set<std::string> saved;
  for (auto& [module, tensors] : by_module) {
    Layer* layer = model.find_layer(module);
    if (tensors.count("weight") != 0) {  // a module saved in full
      if (tensors["weight"].sizes().vec() != layer->shape()) {
        fail(ErrorKind::model, "{}: '{}' is [{}]; the model's is [{}]", file.string(), module,
             join_numbers(tensors["weight"].sizes().vec()), join_numbers(layer->shape()));
      }
      saved.insert(module);
      layer->weight = tensors["weight"].clone();
      tensors.erase("weight");
      for (const auto& one : layer->stored()) {  // a bias, statistics
        const auto found = tensors.find(one.suffix.empty() ? "" : one.suffix.substr(1));
        if (found == tensors.end()) continue;
        *one.tensor = found->second.clone();
        tensors.erase(found);
      }
      tensors.erase("num_batches_tracked");
      if (tensors.empty()) continue;
    }
    layer->adapter = method.read(config, spelled[module], *layer, tensors);
    for (const auto& [key, tensor] : tensors) {
      if (layer->adapter->tensors().count(key) == 0) {
        fail(ErrorKind::model, "{}: '{}' of '{}' is no tensor of a {} adapter", file.string(), key, module,
             method.name);
      }
    }
  }
  check_targets(config, folder, model, saved);
  if (saved_layers != nullptr) *saved_layers = std::move(saved);
  return method.name;
}

std::int64_t adapter_labels(const fs::path& folder) {
  const WeightFiles files(adapter_weights(folder));
  for (const auto* name : {"classifier", "score", "head", "head.fc", "classifier.1", "fc", "cls_classifier"}) {
    const auto found = files.tensors().find(std::string(kPrefix) + name + ".weight");
    if (found != files.tensors().end() && found->second.shape.size() == 2) return found->second.shape[0];
  }
  return 0;
}

}  // namespace strop
