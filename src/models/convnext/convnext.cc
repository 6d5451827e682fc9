#include "models/convnext/convnext.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/config_labels.h"
#include "models/convnext/blocks.h"
#include "models/picture_head.h"

namespace strop {
namespace {

using nlohmann::json;
using Shape = std::vector<std::int64_t>;

convnext::Names transformers_names() {
  return {.prefix = "convnext.",
          .stem = "embeddings",
          .stem_conv = ".patch_embeddings",
          .stem_norm = ".layernorm",
          .stage = "encoder.stages.",
          .downsampling = "downsampling_layer",
          .blocks = "layers.",
          .depthwise = "dwconv",
          .norm = "layernorm",
          .up = "pwconv1",
          .down = "pwconv2",
          .scale = "layer_scale_parameter",
          .final_norm = "layernorm",
          .head = "classifier"};
}

convnext::Names timm_names() {
  return {.prefix = "",
          .stem = "stem",
          .stem_conv = ".0",
          .stem_norm = ".1",
          .stage = "stages.",
          .downsampling = "downsample",
          .blocks = "blocks.",
          .depthwise = "conv_dw",
          .norm = "norm",
          .up = "mlp.fc1",
          .down = "mlp.fc2",
          .scale = "gamma",
          .final_norm = "head.norm",
          .head = "head.fc"};
}

// The sizes of a network with these names, as json; null where the files hold none. A bare encoder's names lack the
// prefix.
json sizes_by(const ModelFiles& files, const convnext::Names& names) {
  const auto& tensors = files.weights->tensors();
  const auto shape = [&](const std::string& name) {
    auto found = tensors.find(names.prefix + name);
    if (found == tensors.end()) found = tensors.find(name);
    return found == tensors.end() ? Shape() : found->second.shape;
  };
  const auto stem = shape(names.stem + names.stem_conv + ".weight");
  json depths = json::array(), widths = json::array();
  std::string last;
  for (std::size_t stage = 0;; ++stage) {
    std::int64_t depth = 0;
    Shape depthwise;
    for (;; ++depth) {
      const auto block = names.stage + std::to_string(stage) + "." + names.blocks + std::to_string(depth) + ".";
      const auto own = shape(block + names.depthwise + ".weight");
      if (own.size() != 4) break;
      depthwise = own;
      last = block;
    }
    if (depth == 0) break;
    depths.push_back(depth);
    widths.push_back(depthwise[0]);
  }
  const auto up = shape(last + names.up + ".weight"), kernel = shape(last + names.depthwise + ".weight");
  if (stem.size() != 4 || depths.empty() || up.size() < 2) return nullptr;
  return {{"channels", stem[1]},        {"patch", stem[3]},
          {"kernel", kernel[3]},        {"depths", depths},
          {"widths", widths},           {"ratio", static_cast<double>(up[0]) / static_cast<double>(up[1])},
          {"conv_mlp", up.size() == 4}, {"scaled", !shape(last + names.scale).empty()}};
}

void refuse_others(const ModelFiles& files) {
  for (const auto& [name, view] : files.weights->tensors()) {
    for (const auto* part : {".grn.", "norm_pre.", "stem.2.", "head.pre_logits.", ".shortcut."}) {
      if (("." + name).find(part) == std::string::npos) continue;
      fail(ErrorKind::model, "{}: '{}' belongs to a variant of ConvNeXt that is not supported",
           files.weights->file_of(name).string(), name);
    }
  }
}

// timm's name for these sizes, where the file came without config.json.
std::string usual_architecture(const json& sizes) {
  const auto width = sizes["widths"][0].get<std::int64_t>(),
             deep = sizes["depths"].size() > 2 ? sizes["depths"][2].get<std::int64_t>() : 0;
  const std::string size = width == 40    ? "atto"
                           : width == 48  ? "femto"
                           : width == 64  ? "pico"
                           : width == 80  ? "nano"
                           : width == 96  ? (deep > 9 ? "small" : "tiny")
                           : width == 128 ? "base"
                           : width == 192 ? "large"
                                          : "xlarge";
  return "convnext_" + size;
}

}  // namespace

std::optional<Recognition> recognise_convnext(const ModelFiles& files) {
  auto typed = recognise_by_type(files, {"convnext"});
  if (!typed && files.config.is_object() && files.config.contains("model_type")) return std::nullopt;
  const auto in_transformers = sizes_by(files, transformers_names());
  const auto in_timm = in_transformers.is_null() ? sizes_by(files, timm_names()) : json();
  if (in_transformers.is_null() && in_timm.is_null()) return std::nullopt;
  refuse_others(files);
  const bool timm = in_transformers.is_null();
  json config = files.config.is_object() ? files.config : json::object();
  const bool named = typed || config.contains("architecture");
  config["strop"] = timm ? in_timm : in_transformers;
  if (!timm) {
    config["model_type"] = "convnext";
    if (!config.contains("hidden_sizes")) config["hidden_sizes"] = in_transformers["widths"];
    if (!config.contains("depths")) config["depths"] = in_transformers["depths"];
  } else if (!named) {
    config["architecture"] = usual_architecture(in_timm);
  }
  const auto head = files.weights->tensors().find((timm ? timm_names() : transformers_names()).head + ".weight");
  add_labels(config, head == files.weights->tensors().end() ? 0 : head->second.shape.at(0));
  return Recognition{config, typed   ? typed->why
                             : named ? "timm's architecture in config.json"
                             : timm  ? "names and shapes as timm writes them"
                                     : "names and shapes as Transformers writes them"};
}

std::unique_ptr<Model> build_convnext(const json& config, const ModelOptions& options, const std::string& where) {
  const auto& sizes = config["strop"];
  const bool timm = !config.contains("model_type");
  if (config.value("hidden_act", "gelu") != "gelu") {
    fail(ErrorKind::model, "{}: hidden_act is {}; supported for ConvNeXt: \"gelu\"", where,
         config["hidden_act"].dump());
  }
  const auto names = timm ? timm_names() : transformers_names();
  json kept = config;
  kept.erase("strop");
  auto model = std::make_unique<Model>("convnext", kept, names.prefix);
  InputForm form;
  form.crop_pct = 0.875;
  form.interpolation = Filter::bicubic;
  const std::int64_t side = options.image_size > 0 ? options.image_size : form.width;
  convnext::Dims dims{};
  dims.eps = 1e-6;
  dims.scaled = sizes["scaled"].get<bool>();
  dims.conv_mlp = sizes["conv_mlp"].get<bool>();
  const auto widths = sizes["widths"].get<Shape>(), depths = sizes["depths"].get<Shape>();
  const auto patch = sizes["patch"].get<std::int64_t>();
  std::int64_t index = 0;
  dims.width = widths[0];
  dims.kernel = patch;
  dims.height = dims.columns = side / patch;
  model->add(std::make_unique<convnext::Stem>(dims, names, sizes["channels"].get<std::int64_t>(), patch, index++));
  dims.kernel = sizes["kernel"].get<std::int64_t>();
  for (std::size_t stage = 0; stage < widths.size(); ++stage) {
    const auto number = static_cast<std::int64_t>(stage);
    dims.width = widths[stage];
    dims.mlp = std::llround(sizes["ratio"].get<double>() * static_cast<double>(dims.width));
    if (stage > 0) {
      dims.height = dims.columns = dims.height / 2;
      model->add(std::make_unique<convnext::Downsampling>(dims, names, widths[stage - 1], number, index++));
    }
    for (std::int64_t block = 0; block < depths[stage]; ++block) {
      model->add(std::make_unique<convnext::Layer>(dims, names, number, block, index++));
    }
  }
  if (!timm) dims.eps = config.value("layer_norm_eps", 1e-12);
  model->add(std::make_unique<convnext::Pooler>(dims, names, index++));
  model->set_head_begin(static_cast<std::size_t>(index));
  model->add(std::make_unique<PictureHead>(names.head, dims.width,
                                           static_cast<std::int64_t>(options.label_names.size()), 0.0, index++));
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->pooling = options.pooling;
  model->task_architecture = "ConvNextForImageClassification";
  model->input_form = form;
  return model;
}

}  // namespace strop
