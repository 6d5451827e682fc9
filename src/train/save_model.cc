#include "train/save_model.h"

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "tuning/apply.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"
#include "weights/safetensors.h"

namespace strop {
namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

namespace {

constexpr const char* kDelta = "delta.safetensors";

void write_tensors_file(const fs::path& file, const std::map<std::string, torch::Tensor>& tensors) {
  std::map<std::string, torch::Tensor> plain;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto& kept = plain[name] = tensor.detach().contiguous();
    views[name] = {"F32", kept.sizes().vec(), {static_cast<const std::byte*>(kept.const_data_ptr()), kept.nbytes()}};
  }
  write_safetensors(file, views);
}

void write_json(const fs::path& file, const json& value) { write_file_atomic(file, value.dump(2) + "\n"); }

nlohmann::json task_config(const Model& model) {
  auto config = model.config();
  nlohmann::json id2label = nlohmann::json::object(), label2id = nlohmann::json::object();
  for (std::size_t i = 0; i < model.label_names.size(); ++i) {
    id2label[std::to_string(i)] = model.label_names[i];
    label2id[model.label_names[i]] = i;
  }
  config["architectures"] = {model.task_architecture};
  config["id2label"] = id2label;
  config["label2id"] = label2id;
  config["problem_type"] = "single_label_classification";
  config.erase("_name_or_path");
  return config;
}

// modules.json and the folders that sentence-transformers reads: the logits are its "embedding".
void write_sentence_transformers(const fs::path& folder, const Model& model) {
  const auto width = model.config().at("hidden_size").get<std::int64_t>();
  write_json(folder / "modules.json",
             json::array({{{"idx", 0}, {"name", "0"}, {"path", ""}, {"type", "sentence_transformers.models.Transformer"}},
                          {{"idx", 1}, {"name", "1"}, {"path", "1_Pooling"}, {"type", "sentence_transformers.models.Pooling"}},
                          {{"idx", 2}, {"name", "2"}, {"path", "2_Dense"}, {"type", "sentence_transformers.models.Dense"}}}));
  write_json(folder / "sentence_bert_config.json", {{"max_seq_length", model.max_positions}, {"do_lower_case", false}});
  write_json(folder / "1_Pooling" / "config.json",
             {{"word_embedding_dimension", width},
              {"pooling_mode_cls_token", model.pooling == "cls"},
              {"pooling_mode_mean_tokens", model.pooling == "mean"},
              {"pooling_mode_max_tokens", false},
              {"pooling_mode_mean_sqrt_len_tokens", false}});
  write_json(folder / "2_Dense" / "config.json",
             {{"in_features", width},
              {"out_features", model.label_names.size()},
              {"bias", true},
              {"activation_function", "torch.nn.modules.linear.Identity"}});
  const auto& classifier = *model.block(model.size() - 1).layers()[0].second;
  write_tensors_file(folder / "2_Dense" / "model.safetensors", {{"linear.weight", classifier.weight}, {"linear.bias", classifier.bias}});
}

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

}  // namespace

std::string resolve_save(const Options& options, const Model& model, const std::string& method) {
  const bool adapters = !method.empty() && !find_method(method).peft_type.empty();
  if (adapters && !find_method(method).merges) {
    if (options.save != "auto" && options.save != "adapter") fail_unmergeable(method);
    return "adapter";
  }
  if (options.save != "auto") {
    if (options.save == "adapter" && !adapters) {
      fail(ErrorKind::usage, "save: adapter does not fit method {}, for which PEFT's files have no form; use save=full or delta", options.method);
    }
    return options.save;
  }
  return adapters && model.pooling == "pooler" ? "adapter" : "full";
}

void save_model(const SaveRequest& request, Model& model, const Options& options, const std::string& kind) {
  const auto& folder = request.folder;
  if (kind == "adapter") {
    write_adapter(folder, model, options, request.method, request.base_name, changed_layers(model, request.changed));
    return;
  }
  if (kind == "delta") {
    auto changed = request.changed;
    for (const auto& [name, layer] : model.layers()) {
      if (!layer->adapter) continue;
      for (const auto& one : layer->stored()) changed.insert(name + one.suffix);
    }
    merge_adapters(model);
    auto tensors = model.tensors();
    std::erase_if(tensors, [&](const auto& one) { return changed.count(one.first) == 0; });
    write_tensors_file(folder / kDelta, tensors);
    return;
  }
  merge_adapters(model);
  write_tensors_file(folder / "model.safetensors", model.tensors());
  write_file_atomic(folder / "config.json", task_config(model).dump(2) + "\n");
  for (const auto* name : {"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"}) {
    if (fs::exists(request.base_folder / name)) write_file_atomic(folder / name, read_file(request.base_folder / name, ErrorKind::model));
  }
  if (model.pooling != "pooler") write_sentence_transformers(folder, model);
}

void read_delta(const fs::path& folder, Model& model) {
  const auto file = folder / kDelta;
  const auto files = std::make_shared<const WeightFiles>(file);
  std::map<std::string, StoredTensor> stored;
  for (const auto& [name, layer] : model.layers()) {
    for (const auto& one : layer->stored()) stored.emplace(name + one.suffix, one);
  }
  for (const auto& [name, view] : files->tensors()) {
    const auto place = stored.find(name);
    if (place == stored.end() || place->second.shape != view.shape) {
      fail(ErrorKind::model, "{}: tensor '{}' [{}] fits none of this {} model: the run was trained on another base", file.string(),
           name, join_numbers(view.shape), model.family());
    }
    *place->second.tensor = to_tensor(view, files);
  }
}

}  // namespace strop
