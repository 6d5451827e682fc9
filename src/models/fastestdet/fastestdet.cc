#include "models/fastestdet/fastestdet.h"

#include "models/detector_parts/class_groups.h"
#include "models/fastestdet/blocks.h"
#include "models/fastestdet/detector.h"

namespace strop {

std::unique_ptr<Model> build_fastestdet(const nlohmann::json& config, const ModelOptions& options, const std::string&) {
  auto row = fastestdet::row_of(config.at("row"));
  row.side = detector_side(options, row.side, fastestdet::kStride);
  auto own_config = config;
  own_config.erase("row");
  auto model = std::make_unique<Model>("fastestdet", std::move(own_config), "");
  std::int64_t index = 0;
  model->add(std::make_unique<fastestdet::Stem>(row, index++));
  for (std::int64_t stage = 2; stage <= 4; ++stage) {
    for (std::int64_t place = 0; place < row.repeats[static_cast<std::size_t>(stage - 2)]; ++place) {
      model->add(std::make_unique<fastestdet::Shuffle>(row, stage, place, index++));
    }
  }
  model->add(std::make_unique<fastestdet::SpatialPyramid>(row, index++));
  model->set_head_begin(model->size());
  const auto sizes = group_sizes(row.classes, options);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    model->add(std::make_unique<fastestdet::Branch>(row, group_block(i, fastestdet::kHead), group_output(i), sizes[i],
                                                    index++));
  }
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->task_architecture = "FastestDet";
  InputForm form;
  form.width = form.height = static_cast<int>(row.side);
  form.fit = Fit::squash;
  form.crop_pct = 1;
  form.interpolation = Filter::bilinear;
  form.mean = {0, 0, 0};
  form.std = {1, 1, 1};
  form.bgr = true;
  model->input_form = form;
  model->detector = std::make_unique<FastestDetector>(group_labels(sizes));
  return model;
}

}  // namespace strop
