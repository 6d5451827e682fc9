#include "models/convnext/convnext.h"

#include <algorithm>
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

std::string text(std::int64_t number) { return std::to_string(number); }

convnext::Names transformers_names() {
  return {.prefix = "convnext.",
          .stem = "embeddings",
          .stem_conv = ".patch_embeddings",
          .stem_norm = ".layernorm",
          .downsampling = [](std::int64_t stage) { return "encoder.stages." + text(stage) + ".downsampling_layer"; },
          .block = [](std::int64_t stage,
                      std::int64_t number) { return "encoder.stages." + text(stage) + ".layers." + text(number); },
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
          .downsampling = [](std::int64_t stage) { return "stages." + text(stage) + ".downsample"; },
          .block = [](std::int64_t stage,
                      std::int64_t number) { return "stages." + text(stage) + ".blocks." + text(number); },
          .depthwise = "conv_dw",
          .norm = "norm",
          .up = "mlp.fc1",
          .down = "mlp.fc2",
          .scale = "gamma",
          .final_norm = "head.norm",
          .head = "head.fc"};
}

// Stem, stages and what lies between them count through.
convnext::Names torchvision_names() {
  return {.prefix = "",
          .stem = "features.0",
          .stem_conv = ".0",
          .stem_norm = ".1",
          .downsampling = [](std::int64_t stage) { return "features." + text(2 * stage); },
          .block = [](std::int64_t stage,
                      std::int64_t number) { return "features." + text(2 * stage + 1) + "." + text(number); },
          .depthwise = "block.0",
          .norm = "block.2",
          .up = "block.3",
          .down = "block.5",
          .scale = "layer_scale",
          .final_norm = "classifier.0",
          .head = "classifier.2"};
}

// A library's files.
struct Layout {
  const char* library;
  convnext::Names (*names)();
};
constexpr Layout kLayouts[] = {
    {"Transformers", &transformers_names}, {"timm", &timm_names}, {"torchvision", &torchvision_names}};

const Layout& layout_of(const std::string& library) {
  return *std::ranges::find_if(kLayouts, [&](const Layout& layout) { return layout.library == library; });
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
  for (std::int64_t stage = 0;; ++stage) {
    std::int64_t depth = 0;
    Shape depthwise;
    for (;; ++depth) {
      const auto block = names.block(stage, depth) + ".";
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
          {"conv_mlp", up.size() == 4}, {"scale", shape(last + names.scale)}};
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
  const Layout* layout = nullptr;
  json sizes;
  for (const auto& one : kLayouts) {
    sizes = sizes_by(files, one.names());
    if (!sizes.is_null()) {
      layout = &one;
      break;
    }
  }
  if (layout == nullptr) return std::nullopt;
  refuse_others(files);
  const std::string library = layout->library;
  json config = files.config.is_object() ? files.config : json::object();
  const bool named = typed || config.contains("architecture");
  if (library == "Transformers") {
    config["model_type"] = "convnext";
    if (!config.contains("hidden_sizes")) config["hidden_sizes"] = sizes["widths"];
    if (!config.contains("depths")) config["depths"] = sizes["depths"];
  } else if (library == "timm" && !named) {
    config["architecture"] = usual_architecture(sizes);
  }
  const auto head = files.weights->tensors().find(layout->names().head + ".weight");
  add_labels(config, head == files.weights->tensors().end() ? 0 : head->second.shape.at(0));
  sizes["library"] = library;
  config["strop"] = sizes;
  return Recognition{config, typed   ? typed->why
                             : named ? "timm's architecture in config.json"
                                     : "names and shapes as " + library + " writes them"};
}

std::unique_ptr<Model> build_convnext(const json& config, const ModelOptions& options, const std::string& where) {
  const auto& sizes = config["strop"];
  const auto library = sizes["library"].get<std::string>();
  if (config.value("hidden_act", "gelu") != "gelu") {
    fail(ErrorKind::model, "{}: hidden_act is {}; supported for ConvNeXt: \"gelu\"", where,
         config["hidden_act"].dump());
  }
  const auto architecture = config.value("architecture", std::string());
  if (starts_with(architecture, "test_convnext"))  // another eps and activation, which no weight tells
    fail(ErrorKind::model, "{}: architecture is '{}', which is not supported", where, architecture);
  if (sizes["channels"] != 3) {
    fail(ErrorKind::model, "{}: takes pictures of {} channels; supported: 3", where, sizes["channels"].dump());
  }
  const auto names = layout_of(library).names();
  json kept = config;
  kept.erase("strop");
  auto model = std::make_unique<Model>("convnext", kept, names.prefix);
  InputForm form;
  const auto widths = sizes["widths"].get<Shape>(), depths = sizes["depths"].get<Shape>();
  form.crop_pct = 0.875;
  form.interpolation = Filter::bicubic;
  if (library == "torchvision") {  // its sides before the cut: 236 for tiny, 230 for small, 232 for base and large
    form.crop_pct = 224.0 / (widths[0] > 96 ? 232 : depths.size() > 2 && depths[2] > 9 ? 230 : 236);
    form.interpolation = Filter::bilinear;
  }
  const std::int64_t side = options.image_size > 0 ? options.image_size : form.width;
  convnext::Dims dims{};
  dims.eps = starts_with(architecture, "convnext_xxlarge") ? 1e-5 : 1e-6;
  dims.scaled = !sizes["scale"].empty();
  dims.scale_as_map = sizes["scale"].size() > 1;
  dims.conv_mlp = sizes["conv_mlp"].get<bool>();
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
  if (library == "Transformers") dims.eps = config.value("layer_norm_eps", 1e-12);
  model->add(std::make_unique<convnext::Pooler>(dims, names, index++));
  model->set_head_begin(static_cast<std::size_t>(index));
  model->add(std::make_unique<PictureHead>(names.head, dims.width,
                                           static_cast<std::int64_t>(options.label_names.size()), 0.0, index++));
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->pooling = options.pooling;
  model->task_architecture = "ConvNextForImageClassification";
  model->input_form = form;
  model->least_side = patch << (widths.size() - 1);  // each further stage halves
  return model;
}

}  // namespace strop
