#include "models/efficientnet/efficientnet.h"

#include "models/efficientnet/blocks.h"
#include "models/picture_head.h"

namespace strop {

std::unique_ptr<Model> build_efficientnet(const nlohmann::json& config, const ModelOptions& options,
                                          const std::string&) {
  const auto row = efficientnet::row_of(config.at("row"));
  const auto& names = find_layout(efficientnet::layouts(), row.layout);
  auto own_config = config;
  own_config.erase("row");
  auto model = std::make_unique<Model>(row.family, own_config, names.prefix);
  std::int64_t index = 0;
  const auto size = options.image_size > 0 ? options.image_size : row.size;
  efficientnet::Sides sides = {size, size};
  model->add(std::make_unique<efficientnet::Stem>(row, names, sides, index++));
  const auto halve = [&](std::int64_t stride) {
    sides = {(sides.height + stride - 1) / stride, (sides.width + stride - 1) / stride};
  };
  halve(2);
  for (std::size_t i = 0; i < row.blocks.size(); ++i) {
    model->add(std::make_unique<efficientnet::InvertedResidual>(row, i, names, sides, index++));
    halve(row.blocks[i].stride);
  }
  model->add(std::make_unique<efficientnet::Top>(row, names, sides, index++));
  model->set_head_begin(static_cast<std::size_t>(index));
  const auto labels = static_cast<std::int64_t>(options.label_names.size());
  model->add(std::make_unique<PictureHead>(names.classifier, row.features(), labels, row.dropout, index++));
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->task_architecture =
      row.family == "mobilenet_v2" ? "MobileNetV2ForImageClassification" : "EfficientNetForImageClassification";
  InputForm form;
  form.height = form.width = static_cast<int>(row.size);
  form.crop_pct = row.crop_pct;
  form.interpolation = row.bicubic ? Filter::bicubic : Filter::bilinear;
  if (row.half) form.mean = form.std = {0.5F, 0.5F, 0.5F};
  model->input_form = form;
  return model;
}

}  // namespace strop
