#include "models/yolox/yolox.h"

#include "core/error.h"
#include "models/detector_parts/backbone.h"
#include "models/detector_parts/class_groups.h"
#include "models/yolox/blocks.h"
#include "models/yolox/detector.h"

namespace strop {
namespace {

using yolox::Row;

// Of the head that a classifier gets: as wide as nano's.
constexpr std::int64_t kHidden = 64;

const Family& classifier_family(const std::string& name, const std::string& where) {
  for (const auto& family : families()) {
    if (family.name == name && family.task == kImageClassification) return family;
  }
  fail(ErrorKind::model, "{}: backbone.family is '{}'; expected a family of classifiers of pictures", where, name);
}

// The blocks before the neck; those of a classifier tell the channels of their maps.
std::unique_ptr<Model> with_backbone(const nlohmann::json& config, nlohmann::json own_config, Row& row,
                                     const ModelOptions& options, const std::string& where) {
  if (row.stem > 0) {
    auto model = std::make_unique<Model>("yolox", std::move(own_config), "");
    model->add(std::make_unique<yolox::Stem>(row, 0));
    for (std::int64_t number = 2; number <= 5; ++number)
      model->add(std::make_unique<yolox::Stage>(row, number, number - 1));
    return model;
  }
  const auto& backbone = config.at("backbone");
  ModelOptions own = options;
  own.label_names = {"none"};
  // A transformer is to be refused for its maps, not for a side that its patches do not divide.
  own.image_size = backbone.at("family") == "vit" ? 0 : row.side;
  auto classifier = classifier_family(backbone.at("family"), where).build(backbone.at("config"), own, where);
  auto model = std::make_unique<Model>("yolox", std::move(own_config), classifier->prefix());
  model->input_form = classifier->input_form;
  row.channels = add_backbone(*model, std::move(classifier));
  return model;
}

}  // namespace

nlohmann::json detector_config(const std::string& family, const nlohmann::json& config) {
  Row row;
  row.hidden = kHidden;
  row.depthwise = true;
  return {{"model_type", "yolox"}, {"backbone", {{"family", family}, {"config", config}}}, {"row", to_json(row)}};
}

std::unique_ptr<Model> build_yolox(const nlohmann::json& config, const ModelOptions& options,
                                   const std::string& where) {
  auto row = yolox::row_of(config.at("row"));
  row.side = detector_side(options, row.side, yolox::kStrides.back());
  auto own_config = config;
  own_config.erase("row");
  auto model = with_backbone(config, std::move(own_config), row, options, where);
  const auto next = [&] { return static_cast<std::int64_t>(model->size()); };
  // The neck that a classifier gets is as new as its head.
  if (row.stem == 0) model->set_head_begin(model->size());
  for (const std::size_t level : {1, 0}) model->add(std::make_unique<yolox::TopDown>(row, level, next()));
  for (const std::size_t level : {1, 2}) model->add(std::make_unique<yolox::BottomUp>(row, level, next()));
  if (row.stem > 0) model->set_head_begin(model->size());
  model->add(std::make_unique<yolox::Stems>(row, next()));
  const auto sizes = group_sizes(row.classes, options);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    model->add(std::make_unique<yolox::Branch>(row, group_block(i, "head"), group_output(i), sizes[i], next()));
  }
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->task_architecture = "YOLOX";
  if (!model->input_form) {
    model->input_form.emplace();
    if (!row.normalised) {
      model->input_form->mean = {0, 0, 0};
      model->input_form->std = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
      model->input_form->bgr = true;
    }
  }
  auto& form = *model->input_form;
  form.width = form.height = static_cast<int>(row.side);
  form.fit = Fit::letterbox;
  form.interpolation = Filter::bilinear;
  model->detector = std::make_unique<YoloxDetector>(group_labels(sizes));
  return model;
}

}  // namespace strop
