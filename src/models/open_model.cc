#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "models/family.h"
#include "models/layer_shapes.h"
#include "models/read_input_form.h"
#include "models/yolox/yolox.h"

namespace strop {
namespace fs = std::filesystem;

nlohmann::json read_config(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  if (!fs::exists(file)) {
    fail(ErrorKind::model,
         "{}: no config.json; expected a Hugging Face model folder (config.json, tokenizer.json, model.safetensors)",
         folder.string());
  }
  const auto text = read_file(file, ErrorKind::model, 16 << 20);
  try {
    auto config = nlohmann::json::parse(text);
    if (!config.is_object())
      fail(ErrorKind::model, "{}: expected a JSON object, found {}", file.string(), config.type_name());
    return config;
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorKind::model, "{}: broken JSON near byte {}: {}", file.string(), error.byte, excerpt(error.what(), 120));
  }
}

std::int64_t config_integer(const nlohmann::json& config, const std::string& key, std::int64_t least,
                            const std::string& where) {
  if (!config.contains(key)) fail(ErrorKind::model, "{}: no key '{}'", where, key);
  const auto& value = config[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < least) {
    fail(ErrorKind::model, "{}: {} is {}; expected a whole number of {} or more", where, key, value.dump(), least);
  }
  return value.get<std::int64_t>();
}

std::optional<Recognition> recognise_by_type(const ModelFiles& files, std::initializer_list<const char*> types) {
  if (!files.config.is_object() || !files.config.contains("model_type")) return std::nullopt;
  for (const auto* type : types) {
    if (files.config["model_type"] == type) return Recognition{files.config, "model_type of config.json"};
  }
  return std::nullopt;
}

namespace {

[[noreturn]] void fail_unknown(const ModelFiles& files) {
  std::vector<std::string> known;
  for (const auto& family : families()) known.push_back(family.name);
  if (files.config.is_null()) {
    const auto& tensors = files.weights->tensors();
    fail(ErrorKind::model,
         "{}: no config.json, and names like '{}' fit no family that is known by its weights; families: {}",
         files.place.string(), tensors.empty() ? "" : tensors.begin()->first, join(known, ", "));
  }
  const auto where = (files.place / "config.json").string();
  const auto type = files.config.value("model_type", nlohmann::json());
  if (std::find(known.begin(), known.end(), type) != known.end()) {
    const auto& tensors = files.weights->tensors();
    fail(ErrorKind::model,
         "{}: model_type is '{}', but tensors like '{}' are those of another network; give the two that "
         "belong together",
         where, type.get<std::string>(), tensors.empty() ? "" : tensors.begin()->first);
  }
  for (const auto* key : {"model_type", "architecture"}) {
    if (files.config.contains(key) && files.config[key].is_string()) {
      fail(ErrorKind::model, "{}: {} '{}' is not supported; supported: {}", where, key,
           files.config[key].get<std::string>(), join(known, ", "));
    }
  }
  fail(ErrorKind::model, "{}: no text key 'model_type' (Hugging Face) or 'architecture' (timm)", where);
}

// Counters and numbers of places say nothing about a network at rest. A bare encoder's names lack the prefix.
std::vector<std::string> unread_tensors(const Model& model, const ModelFiles& files) {
  const auto own = model.tensors();
  std::vector<std::string> unread;
  for (const auto& [name, view] : files.weights->tensors()) {
    const bool known = own.contains(name) || own.contains(model.prefix() + name);
    if (!known && !ends_with(name, ".num_batches_tracked") && !ends_with(name, "position_ids")) unread.push_back(name);
  }
  return unread;
}

[[noreturn]] void refuse_unread(const Model& model, const ModelFiles& files, const std::vector<std::string>& unread) {
  fail(ErrorKind::model,
       "{}: {} tensors, '{}' the first of them, are no part of a {} as it was published: a variant that "
       "is not supported",
       files.place.string(), unread.size(), unread.front(), model.family());
}

const Family& family_of(const std::string& name) {
  return *std::find_if(families().begin(), families().end(), [&](const Family& family) { return family.name == name; });
}

struct Known {
  ModelFiles files;
  std::string where;  // config.json or the weights, for messages
  const Family* family;
  Recognition recognition;
};

Known recognise(const fs::path& place) {
  Known known{{place, nullptr, nullptr}, place.string(), nullptr, {}};
  if (fs::is_directory(place) && fs::exists(place / "config.json")) {
    known.files.config = read_config(place);
    known.where = (place / "config.json").string();
  }
  known.files.weights = std::make_shared<const WeightFiles>(place);
  for (const auto& family : families()) {
    if (auto recognition = family.recognise(known.files)) {
      known.family = &family;
      known.recognition = std::move(*recognition);
      return known;
    }
  }
  fail_unknown(known.files);
}

// The labels that a config names; empty where it does not. Error(model): one of them has no text.
std::vector<std::string> labels_of(const nlohmann::json& config, const std::string& where) {
  std::vector<std::string> labels;
  if (!config.contains("id2label") || !config["id2label"].is_object()) return labels;
  const auto& names = config["id2label"];
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto key = std::to_string(i);
    if (!names.contains(key) || !names[key].is_string())
      fail(ErrorKind::model, "{}: id2label has no text for label {}", where, key);
    labels.push_back(names[key].get<std::string>());
  }
  return labels;
}

// Of timm's arguments those that no weight tells of. Pooling of other kinds has the same layers.
void refuse_other_pooling(const nlohmann::json& config, const std::string& where) {
  if (!config.contains("architecture")) return;
  const auto arguments = config.value("model_args", nlohmann::json::object());
  for (const auto* holder : {&config, &arguments}) {
    if (holder->contains("global_pool") && (*holder)["global_pool"].is_string()) {
      const auto pool = (*holder)["global_pool"].get<std::string>();
      if (pool != "avg" && pool != "token" && pool != "fast" && !pool.empty())
        fail(ErrorKind::model, "{}: global_pool is '{}'; supported: avg, token", where, excerpt(pool));
    }
    if (holder->contains("output_stride") && (*holder)["output_stride"] != 32) {
      fail(ErrorKind::model, "{}: output_stride is {}; supported: 32", where, (*holder)["output_stride"].dump());
    }
  }
}

// Rows under the wrong names, or a head of chance beside them, answer without a word of it.
void check_own_labels(const Model& model, const WeightFiles& weights, std::size_t labels, const std::string& where) {
  if (labels == 0) return;
  const auto stored = stored_classes(model, weights);
  const auto classes = std::accumulate(stored.begin(), stored.end(), std::size_t{0});
  if (classes == 0 || classes == labels) return;
  fail(ErrorKind::model,
       "{}: {} labels, but the head in the weights beside it has {} classes; put the list that belongs to the weights "
       "there",
       where, labels, classes);
}

}  // namespace

std::vector<std::int64_t> stored_classes(const Model& model, const WeightFiles& weights) {
  const LayerShapes shapes(weights, model.prefix());
  if (!model.detector) {
    const auto& layers = model.block(model.size() - 1).layers();
    const auto outputs = layers.empty() ? 0 : shapes.outputs(layers.back().first);
    return outputs > 0 ? std::vector{outputs} : std::vector<std::int64_t>();
  }
  const auto groups = model.detector->groups();
  if (groups.empty()) return {};
  const auto name_of = [&](std::size_t group) { return model.detector->class_layers(group).front(); };
  // The rows behind those of classes: "nothing is here" of a softmax.
  const auto more = model.find_layer(name_of(0))->shape()[0] - static_cast<std::int64_t>(groups[0].size());
  std::vector<std::int64_t> sizes;
  while (shapes.has(name_of(sizes.size()))) sizes.push_back(shapes.outputs(name_of(sizes.size())) - more);
  return sizes;
}

std::string task_of_model(const fs::path& place) { return recognise(place).family->task; }

std::vector<std::string> labels_of_model(const fs::path& place) {
  const auto known = recognise(place);
  return labels_of(known.recognition.config, known.where);
}

OpenedModel open_model(const fs::path& place, ModelOptions options) {
  auto known = recognise(place);
  const bool on_classifier = options.task == kObjectDetection && known.family->task == kImageClassification;
  if (on_classifier) {
    known.recognition.config = detector_config(known.family->name, known.recognition.config);
    known.recognition.why += "; with the neck and head of YOLOX on its maps";
    known.family = &family_of("yolox");
  }
  const auto& config = known.recognition.config;
  refuse_other_pooling(config, known.where);
  OpenedModel opened;
  opened.why = known.recognition.why;
  const auto own = labels_of(config, known.where);
  if (options.label_names.empty()) options.label_names = own;
  options.keeps_classes = options.keeps_classes || options.label_names == own;
  opened.model = known.family->build(config, options, known.where);
  opened.model->task = opened.model->detector ? kObjectDetection : known.family->task;
  opened.model->category_ids = config.value("category_ids", std::vector<std::int64_t>());
  // Those of other labels than the ones asked for say nothing; classes that were added stand behind its own.
  const auto& labels = opened.model->label_names;
  if (labels.size() < own.size() || !std::equal(own.begin(), own.end(), labels.begin()))
    opened.model->category_ids.clear();
  if (opened.model->input_form) {
    const auto built = *opened.model->input_form;
    auto& form = *opened.model->input_form;
    form = read_input_form(known.files, built);
    if (on_classifier) {  // its files say how a classifier cuts its pictures: boxes need all of them, at the detector's
                          // size
      form.width = built.width;
      form.height = built.height;
      form.fit = built.fit;
    }
  }
  opened.made = opened.model->load(known.files.weights, options.seed);
  const bool in_config = options.labels_from.empty();
  if (options.keeps_classes) {
    check_own_labels(*opened.model, *known.files.weights, in_config ? own.size() : options.label_names.size(),
                     in_config ? known.where + ": id2label" : options.labels_from);
  }
  if (on_classifier) return opened;  // whose head is none of a detector's
  opened.unread = unread_tensors(*opened.model, known.files);
  if (known.recognition.whole && !opened.unread.empty()) refuse_unread(*opened.model, known.files, opened.unread);
  return opened;
}

}  // namespace strop
