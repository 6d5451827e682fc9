#include "train/start_head.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "data/stratify.h"
#include "train/prefix_source.h"

namespace strop {
namespace {

constexpr std::size_t kAsked = 1024;

// As config.json names them: Hugging Face's id2label, timm's label_names. Empty where it does not.
std::vector<std::string> named_labels(const nlohmann::json& config) {
  std::vector<std::string> labels;
  if (config.contains("id2label") && config["id2label"].is_object()) {
    for (std::size_t i = 0; i < config["id2label"].size(); ++i) {
      labels.push_back(config["id2label"].value(std::to_string(i), "LABEL_" + std::to_string(i)));
    }
    return labels;
  }
  for (const auto& holder : {config, config.value("pretrained_cfg", nlohmann::json())}) {
    if (!holder.is_object() || !holder.contains("label_names") || !holder["label_names"].is_array()) continue;
    for (const auto& name : holder["label_names"])
      labels.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    break;
  }
  return labels;
}

std::vector<std::string> labels_of_file(const std::string& file, std::size_t rows) {
  auto labels = read_label_list(file);
  if (labels.size() != rows) {
    fail(ErrorKind::usage, "head_labels: {} holds {} labels, the stored head has {} rows; expected one label a line",
         file, labels.size(), rows);
  }
  return labels;
}

HeadData sample_features(const Opened& opened, BatchSource& train) {
  const auto last = opened.model->size() - 1;
  PrefixSource source(train, *opened.model, last, torch::kFloat);
  // Folders of classes come sorted: the first rows alone would be of the first classes alone.
  const auto rows = first_of_each_class(train.labels(), opened.model->label_names.size(), kAsked);
  HeadData data;
  std::vector<torch::Tensor> parts;
  std::vector<std::int64_t> labels;
  const auto most = static_cast<std::size_t>(train.rows_at_once());
  for (std::size_t at = 0; at < rows.size(); at += most) {
    const auto part = std::span(rows).subspan(at, std::min(most, rows.size() - at));
    parts.push_back(source.make(part, 0).at(opened.model->live_at(last)[0].name).to(torch::kCPU, torch::kFloat));
    for (const auto row : part) labels.push_back(train.labels()[static_cast<std::size_t>(row)]);
  }
  data.features = at::cat(parts, 0);
  data.labels = torch::tensor(labels, torch::kLong);
  data.classes = static_cast<std::int64_t>(opened.model->label_names.size());
  return data;
}

// The rows of this layer in the file.
std::optional<PretrainedHead> stored_rows(const Opened& opened, const Options& options, const std::string& name) {
  const auto& model = *opened.model;
  const auto files = std::make_shared<const WeightFiles>(opened.base_folder);
  const auto weight = files->tensors().find(name + ".weight");
  if (weight == files->tensors().end() || weight->second.shape.size() != 2) return std::nullopt;
  const auto rows = static_cast<std::size_t>(weight->second.shape[0]);
  PretrainedHead head;
  head.labels = options.head_labels.empty() ? named_labels(model.config()) : labels_of_file(options.head_labels, rows);
  if (head.labels.empty() && !model.input_form) return std::nullopt;
  for (std::size_t i = head.labels.size(); i < rows && model.input_form; ++i)
    head.labels.push_back("row " + std::to_string(i));
  head.weight = to_tensor(weight->second, files);
  const auto bias = files->tensors().find(name + ".bias");
  if (bias != files->tensors().end()) head.bias = to_tensor(bias->second, files);
  return head;
}

}  // namespace

std::optional<PretrainedHead> stored_head(const Opened& opened, const Options& options) {
  const auto& model = *opened.model;
  return stored_rows(opened, options, model.block(model.size() - 1).layers().back().first);
}

std::vector<std::string> start_head(Opened& opened, const Options& options, BatchSource& train) {
  const auto& labels = opened.model->label_names;
  const auto& layers = opened.model->block(opened.model->size() - 1).layers();
  const auto& name = layers.back().first;
  const auto pretrained = stored_head(opened, options);
  // A closed form is solved as a stage of the plan; until then the head is what chance gives.
  const std::string mode = options.head_init == "closed_form" ? "random" : options.head_init;
  if (pretrained && pretrained->labels == labels && mode != "random")
    return {"all rows kept: the stored head has the same labels"};
  if (!pretrained && mode == "pretrained") {
    fail(ErrorKind::usage,
         "head_init: pretrained, but {} holds no head (no tensor '{}.weight' with id2label); use closed_form or random",
         opened.base_name, name);
  }
  std::optional<HeadData> samples;
  const auto known = [&](const std::string& label) {
    return std::find(pretrained->labels.begin(), pretrained->labels.end(), label) != pretrained->labels.end();
  };
  const bool asked =
      pretrained && (mode == "pretrained" || (mode == "auto" && std::any_of(labels.begin(), labels.end(), known)));
  // Of several classifiers (a distilled DeiT's) each reads a part of the features: the stored one can't be asked alone.
  const bool alone = layers.size() == 1;
  if (asked && alone && !std::all_of(labels.begin(), labels.end(), known)) samples = sample_features(opened, train);
  const auto seed = static_cast<std::uint64_t>(options.seed);
  HeadInit start;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto* layer = layers[i].second;
    const auto rows = stored_rows(opened, options, layers[i].first);
    start = init_head(mode, labels, layer->shape()[1], rows, samples, seed + i);
    layer->weight = start.weight;
    if (layer->has_bias()) layer->bias = start.bias;
  }
  if (!asked) return start.origin;
  std::vector<std::string> dropped;
  for (const auto& label : pretrained->labels) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) dropped.push_back(label);
  }
  if (!dropped.empty()) {
    start.origin.push_back(fmt::format("{} rows of the stored head left out, of labels that these data lack: {}",
                                       dropped.size(), excerpt(join(dropped, ", "), 200)));
  }
  return start.origin;
}

}  // namespace strop
