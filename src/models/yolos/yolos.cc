#include "models/yolos/yolos.h"

#include <algorithm>

#include "core/error.h"
#include "models/detector_parts/class_groups.h"
#include "models/vit/read_dims.h"
#include "models/yolos/blocks.h"
#include "models/yolos/detector.h"

namespace strop {
namespace {

using nlohmann::json;

double weight_of(const json& config, const char* key, double fallback, const std::string& where) {
  if (!config.contains(key)) return fallback;
  if (!config[key].is_number() || config[key].get<double>() < 0) {
    fail(ErrorKind::model, "{}: {} is {}; expected a number of 0 or more", where, key, config[key].dump());
  }
  return config[key].get<double>();
}

SetWeights read_weights(const json& config, const std::string& where) {
  SetWeights weights;
  weights.class_cost = weight_of(config, "class_cost", weights.class_cost, where);
  weights.box_cost = weight_of(config, "bbox_cost", weights.box_cost, where);
  weights.giou_cost = weight_of(config, "giou_cost", weights.giou_cost, where);
  weights.box_loss = weight_of(config, "bbox_loss_coefficient", weights.box_loss, where);
  weights.giou_loss = weight_of(config, "giou_loss_coefficient", weights.giou_loss, where);
  weights.empty_weight = weight_of(config, "eos_coefficient", weights.empty_weight, where);
  return weights;
}

vit::Dims read_yolos_dims(const json& config, const ModelOptions& options, const std::string& where) {
  vit::refuse_others(config, "hidden_act", "gelu", where);
  auto dims = vit::read_dims(config, where);
  dims.detections = vit::integer_or(config, "num_detection_tokens", 100, where);
  dims.size_advice = "";  // Transformers interpolates by itself
  const auto side = options.image_size > 0 ? options.image_size : std::min(dims.rows, dims.columns) * dims.patch;
  if (side % dims.patch != 0) {
    fail(ErrorKind::usage, "image_size: {} is no whole number of patches of {}; try {}", side, dims.patch,
         std::max<std::int64_t>(1, side / dims.patch) * dims.patch);
  }
  dims.image_rows = dims.image_columns = side / dims.patch;
  return dims;
}

}  // namespace

std::unique_ptr<Model> build_yolos(const json& config, const ModelOptions& options, const std::string& where) {
  json own_config = config;
  own_config.erase("groups");
  own_config.emplace("image_size", json{512, 864});  // Transformers' own
  const auto dims = read_yolos_dims(own_config, options, where);
  const auto sizes = group_sizes(config.at("groups").get<std::vector<std::int64_t>>(), options);
  if (sizes.empty())
    fail(ErrorKind::model, "{}: no head among the weights, and no key 'id2label' that names classes for a new one",
         where);
  const auto names = vit::transformers_names("yolos", false);
  std::shared_ptr<vit::MidPositions> mid;
  if (config.value("use_mid_position_embeddings", true)) {
    mid = std::make_shared<vit::MidPositions>(
        vit::MidPositions::Sizes{dims.layers, dims.width, dims.patch, dims.rows, dims.columns, dims.detections});
    mid->table.memory_name = names.prefix + "encoder.interpolation.mid_position_embeddings";
  }
  auto model = std::make_unique<Model>("yolos", own_config, names.prefix);
  std::int64_t index = 0;
  model->add(std::make_unique<vit::Embeddings>(dims, names, index++, mid));
  for (std::int64_t layer = 0; layer < dims.layers; ++layer) {
    model->add(std::make_unique<vit::EncoderLayer>(dims, names, layer, index++, mid));
  }
  model->add(std::make_unique<yolos::Queries>(dims, names, index++));
  model->set_head_begin(model->size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    model->add(std::make_unique<yolos::Heads>(dims, group_block(i, yolos::kHead), group_output(i), sizes[i], index++));
  }
  model->set_inputs({{"pixels", Rows::sample}});
  model->picture_tokens = dims.tokens();
  model->label_names = options.label_names;
  model->task_architecture = "YolosForObjectDetection";
  InputForm form;
  form.width = form.height = static_cast<int>(dims.image_rows * dims.patch);
  form.fit = Fit::squash;
  form.crop_pct = 1;
  form.interpolation = Filter::bilinear;
  model->input_form = form;
  model->one_size = true;  // the tables become as large as its maps
  model->detector =
      std::make_unique<YolosDetector>(group_labels(sizes), read_weights(config, where), dims.patch, dims.detections);
  return model;
}

}  // namespace strop
