#include "models/vit/vit.h"

#include "core/error.h"
#include "models/picture_head.h"
#include "models/vit/read_dims.h"

namespace strop {
namespace {

using nlohmann::json;

// Picture sizes and colours that the format's published weights were trained with.
InputForm usual_form(const vit::Dims& dims, Fit fit, double crop_pct, Filter filter, bool imagenet) {
  InputForm form;
  form.height = static_cast<int>(dims.rows * dims.patch);
  form.width = static_cast<int>(dims.columns * dims.patch);
  form.fit = fit;
  form.crop_pct = crop_pct;
  form.interpolation = filter;
  if (!imagenet) form.mean = form.std = {0.5F, 0.5F, 0.5F};
  return form;
}

// The teacher's pair of heads holds for the labels of the file alone; other labels get one head, as Transformers
// fine-tunes DeiT.
bool with_teacher(const json& config, const ModelOptions& options) {
  if (!config.contains("architectures") || !config["architectures"].is_array() || config["architectures"].empty() ||
      config["architectures"][0] != "DeiTForImageClassificationWithTeacher") {
    return false;
  }
  const auto& names = config.value("id2label", json::object());
  for (std::size_t i = 0; i < options.label_names.size(); ++i) {
    if (names.value(std::to_string(i), "") != options.label_names[i]) return false;
  }
  return names.size() == options.label_names.size();
}

struct Build {
  vit::Dims dims;
  vit::Names names;
  InputForm form;
  std::string family, architecture;
};

Build transformers_build(const json& config, const ModelOptions& options, const std::string& where) {
  Build build;
  build.family = config["model_type"].get<std::string>();
  vit::refuse_others(config, "hidden_act", "gelu", where);
  vit::refuse_others(config, "use_swiglu_ffn", false, where);
  auto& dims = build.dims = vit::read_dims(config, where);
  dims.size_advice = build.family == "dinov2" ? "" : "call the model with interpolate_pos_encoding=True";
  const bool teacher = with_teacher(config, options);
  if (build.family == "dinov2") {
    dims.mlp = dims.width * vit::integer_or(config, "mlp_ratio", 4, where);
    dims.eps = config.value("layer_norm_eps", 1e-6);
    dims.layer_scale = true;
    dims.mask_token = config.value("use_mask_token", true);
    dims.pooling = vit::Pooling::first_and_mean;
    build.architecture = "Dinov2ForImageClassification";
    build.form = usual_form(dims, Fit::crop, 0.875, Filter::bicubic, true);
    build.form.height = build.form.width = 224;  // trained at 518, used at 224 (its processor)
  } else if (build.family == "deit") {
    dims.distilled = true;
    dims.pooling = teacher ? vit::Pooling::first_two : vit::Pooling::first;
    build.architecture = teacher ? "DeiTForImageClassificationWithTeacher" : "DeiTForImageClassification";
    build.form = usual_form(dims, Fit::squash, 0.875, Filter::bicubic, true);
  } else {
    build.architecture = "ViTForImageClassification";
    build.form = usual_form(dims, Fit::squash, 1, Filter::bilinear, false);
  }
  build.names = vit::transformers_names(build.family, teacher);
  return build;
}

Build timm_build(const json& config, const std::string& where) {
  const auto& shapes = config["strop"];
  Build build;
  auto& dims = build.dims = vit::read_dims(shapes, where);
  dims.distilled = shapes["distilled"].get<bool>();
  dims.layer_scale = shapes["layer_scale"].get<bool>();
  dims.first_placed = shapes["first_placed"].get<bool>();
  dims.antialias = true;
  dims.size_advice = "create the model with img_size=(height, width)";
  const bool average = shapes["average"].get<bool>();
  dims.pooling = dims.distilled ? vit::Pooling::first_two : average ? vit::Pooling::mean : vit::Pooling::first;
  const auto architecture = config["architecture"].get<std::string>();
  const bool dinov2 = architecture.find("dinov2") != std::string::npos, deit = architecture.rfind("deit", 0) == 0;
  build.family = dinov2 ? "dinov2" : deit ? "deit" : "vit";
  build.form = usual_form(dims, Fit::crop, dinov2 ? 1.0 : 0.9, Filter::bicubic, dinov2 || deit);
  build.names = vit::timm_names(dims.distilled, average);
  return build;
}

Build torchvision_build(const json& config, const std::string& where) {
  const auto& shapes = config["strop"];
  Build build;
  auto& dims = build.dims = vit::read_dims(shapes, where);
  dims.by_corners = true;
  dims.pooling = vit::Pooling::first;
  dims.size_advice =
      "create the model with image_size=N, and give its state to "
      "torchvision.models.vision_transformer.interpolate_embeddings first";
  build.family = "vit";
  // The weights for larger pictures (SWAG) were trained on the whole of them.
  const bool large = dims.rows * dims.patch > 224;
  build.form = usual_form(dims, Fit::crop, large ? 1.0 : 0.875, large ? Filter::bicubic : Filter::bilinear, true);
  build.names = vit::torchvision_names(shapes["old_names"].get<bool>());
  return build;
}

// What is saved again; it says the size of the position table even where the file left that to its library.
json kept_config(const json& config, const vit::Dims& dims) {
  json kept = config;
  const json size = {dims.rows * dims.patch, dims.columns * dims.patch};
  if (kept.erase("strop") == 0 || !config.contains("architecture")) {
    kept.emplace("image_size", size);
    kept.emplace("num_attention_heads", dims.heads);
  } else {
    if (!kept["model_args"].is_object()) kept["model_args"] = json::object();
    kept["model_args"].emplace("img_size", size);
  }
  return kept;
}

}  // namespace

std::unique_ptr<Model> build_vit(const json& config, const ModelOptions& options, const std::string& where) {
  const bool transformers = !config.contains("strop");
  auto build = transformers                      ? transformers_build(config, options, where)
               : config.contains("architecture") ? timm_build(config, where)
                                                 : torchvision_build(config, where);
  if (options.pooling != "pooler") {
    fail(ErrorKind::usage, "pooling: {} is for texts; a vision transformer pools as its files say", options.pooling);
  }
  auto& dims = build.dims;
  const auto height = options.image_size > 0 ? options.image_size : build.form.height;
  const auto width = options.image_size > 0 ? options.image_size : build.form.width;
  dims.image_rows = height / dims.patch;
  dims.image_columns = width / dims.patch;
  const json kept = kept_config(config, dims);
  auto model = std::make_unique<Model>(build.family, kept, build.names.prefix);
  std::int64_t index = 0;
  model->add(std::make_unique<vit::Embeddings>(dims, build.names, index++));
  for (std::int64_t layer = 0; layer < dims.layers; ++layer) {
    model->add(std::make_unique<vit::EncoderLayer>(dims, build.names, layer, index++));
  }
  model->add(std::make_unique<vit::Pooler>(dims, build.names, index++));
  model->set_head_begin(static_cast<std::size_t>(index));
  const auto labels = static_cast<std::int64_t>(options.label_names.size());
  if (dims.pooling == vit::Pooling::first_two) {
    model->add(std::make_unique<vit::TwoClassifiers>(dims, build.names, labels, index++));
  } else {
    model->add(std::make_unique<PictureHead>(build.names.head, dims.pooled(), labels, 0.0, index++));
  }
  model->set_inputs({{"pixels", Rows::sample}});
  model->picture_tokens = dims.tokens();
  model->least_side = dims.patch;
  if (transformers) {
    for (const auto& [name, layer] : model->layers()) {
      if (const auto other = vit::memory_name(build.family, name); other != name) layer->memory_name = other;
    }
  }
  model->label_names = options.label_names;
  model->pooling = options.pooling;
  model->task_architecture = build.architecture;
  model->input_form = build.form;
  model->one_size = !transformers || build.family != "dinov2";  // Transformers fits DINOv2's table itself
  return model;
}

}  // namespace strop
