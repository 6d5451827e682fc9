#include "models/vit/vit.h"

#include "core/error.h"
#include "models/picture_head.h"
#include "models/vit/blocks.h"

namespace strop {
namespace {

using nlohmann::json;

// A width and a height, or one number for both.
std::pair<std::int64_t, std::int64_t> sides(const json& config, const char* key, std::int64_t fallback, const std::string& where) {
  if (!config.contains(key)) return {fallback, fallback};
  const auto& value = config[key];
  if (value.is_array() && value.size() == 2 && value[0].is_number_integer() && value[1].is_number_integer()) {
    return {value[0].get<std::int64_t>(), value[1].get<std::int64_t>()};
  }
  const auto side = config_integer(config, key, 1, where);
  return {side, side};
}

std::int64_t integer_or(const json& config, const char* key, std::int64_t fallback, const std::string& where) {
  return config.contains(key) ? config_integer(config, key, 1, where) : fallback;
}

void refuse(const json& config, const char* key, const json& only, const std::string& where) {
  if (config.contains(key) && !config[key].is_null() && config[key] != only) {
    fail(ErrorKind::model, "{}: {} is {}; supported for vision transformers: {}", where, key, config[key].dump(), only.dump());
  }
}

// Keys that both formats share (those of timm are made by the recognition); defaults are Transformers'.
vit::Dims read_dims(const json& config, const std::string& where) {
  vit::Dims dims{};
  dims.width = integer_or(config, "hidden_size", 768, where);
  dims.heads = integer_or(config, "num_attention_heads", 12, where);
  dims.layers = integer_or(config, "num_hidden_layers", 12, where);
  dims.mlp = integer_or(config, "intermediate_size", 3072, where);
  dims.channels = integer_or(config, "num_channels", 3, where);
  const auto [height, width] = sides(config, "image_size", 224, where);
  const auto [patch, across] = sides(config, "patch_size", 16, where);
  if (patch != across) fail(ErrorKind::model, "{}: patch_size is {}; square patches are supported", where, config["patch_size"].dump());
  dims.patch = patch;
  dims.rows = height / patch;
  dims.columns = width / patch;
  if (dims.rows < 1 || dims.columns < 1) {
    fail(ErrorKind::model, "{}: a picture of {} x {} holds no patch of {}", where, height, width, patch);
  }
  if (dims.width % dims.heads != 0) {
    fail(ErrorKind::model, "{}: hidden_size {} is not a multiple of num_attention_heads {}", where, dims.width, dims.heads);
  }
  dims.eps = config.value("layer_norm_eps", 1e-12);
  dims.hidden_dropout = config.value("hidden_dropout_prob", 0.0);
  dims.attention_dropout = config.value("attention_probs_dropout_prob", 0.0);
  dims.qkv_bias = config.value("qkv_bias", true);
  dims.first_placed = true;
  return dims;
}

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
  refuse(config, "hidden_act", "gelu", where);
  refuse(config, "use_swiglu_ffn", false, where);
  auto& dims = build.dims = read_dims(config, where);
  dims.size_advice = build.family == "dinov2" ? "" : "call the model with interpolate_pos_encoding=True";
  const bool teacher = with_teacher(config, options);
  if (build.family == "dinov2") {
    dims.mlp = dims.width * integer_or(config, "mlp_ratio", 4, where);
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
    build.form = usual_form(dims, Fit::crop, 0.875, Filter::bicubic, true);
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
  auto& dims = build.dims = read_dims(shapes, where);
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

// What is saved again; it says the size of the position table even where the file left that to its library.
json kept_config(const json& config, const vit::Dims& dims) {
  json kept = config;
  const json size = {dims.rows * dims.patch, dims.columns * dims.patch};
  if (kept.erase("strop") == 0) {
    kept.emplace("image_size", size);
  } else {
    if (!kept["model_args"].is_object()) kept["model_args"] = json::object();
    kept["model_args"].emplace("img_size", size);
  }
  return kept;
}

}  // namespace

std::unique_ptr<Model> build_vit(const json& config, const ModelOptions& options, const std::string& where) {
  const bool timm = config.contains("strop");
  auto build = timm ? timm_build(config, where) : transformers_build(config, options, where);
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
  if (!timm) {
    for (const auto& [name, layer] : model->layers()) {
      if (const auto other = vit::memory_name(build.family, name); other != name) layer->memory_name = other;
    }
  }
  model->label_names = options.label_names;
  model->pooling = options.pooling;
  model->task_architecture = build.architecture;
  model->input_form = build.form;
  model->one_size = timm || build.family != "dinov2";  // Transformers fits DINOv2's table itself
  return model;
}

}  // namespace strop
