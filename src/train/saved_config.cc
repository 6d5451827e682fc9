#include "train/saved_config.h"

namespace strop {
namespace {

// Keys of other libraries hold one number for a square.
nlohmann::json size_of(const InputForm& form) {
  if (form.height == form.width) return form.height;
  return {form.height, form.width};
}

void add_timm_keys(nlohmann::json& config, const Model& model) {
  config["num_classes"] = model.label_names.size();
  auto& form_keys = config["pretrained_cfg"];
  if (!form_keys.is_object()) form_keys = nlohmann::json::object();
  form_keys["num_classes"] = model.label_names.size();
  form_keys["label_names"] = model.label_names;
  config["label_names"] = model.label_names;  // where Hugging Face's hub has them
  // What timm's save_for_hf keeps of the call that made the base; it goes before num_classes there.
  const auto args = config.value("model_args", nlohmann::json::object());
  if (args.contains("num_classes")) config["model_args"]["num_classes"] = model.label_names.size();
  if (!model.input_form) return;
  const auto& form = *model.input_form;
  form_keys["input_size"] = {3, form.height, form.width};
  if (model.one_size && args.contains("img_size")) config["model_args"]["img_size"] = size_of(form);
  form_keys["mean"] = form.mean;
  form_keys["std"] = form.std;
  form_keys["interpolation"] = filter_name(form.interpolation);
  form_keys["crop_pct"] = form.fit == Fit::letterbox ? 1.0 : form.crop_pct;
  form_keys["crop_mode"] = form.fit == Fit::squash ? "squash" : form.fit == Fit::letterbox ? "border" : "center";
}

}  // namespace

nlohmann::json saved_config(const Model& model) {
  auto config = model.config();
  nlohmann::json id2label = nlohmann::json::object(), label2id = nlohmann::json::object();
  for (std::size_t i = 0; i < model.label_names.size(); ++i) {
    id2label[std::to_string(i)] = model.label_names[i];
    label2id[model.label_names[i]] = i;
  }
  config["id2label"] = id2label;
  config["label2id"] = label2id;
  config.erase("_name_or_path");
  if (config.contains("architecture")) {
    add_timm_keys(config, model);
    return config;
  }
  config["architectures"] = {model.task_architecture};
  if (!model.category_ids.empty()) config["category_ids"] = model.category_ids;
  if (model.one_size && config.contains("image_size")) {
    const auto& form = *model.input_form;
    config["image_size"] = config["image_size"].is_array() ? nlohmann::json{form.height, form.width} : size_of(form);
  }
  if (!model.detector) config["problem_type"] = "single_label_classification";
  return config;
}

}  // namespace strop
