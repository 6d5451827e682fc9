#include <torch/types.h>

#include <algorithm>

#include "core/error.h"
#include "models/config_labels.h"
#include "models/detector_parts/class_groups.h"
#include "models/yolox/row.h"
#include "models/yolox/units.h"
#include "models/yolox/yolox.h"

namespace strop {
namespace {

// Bottlenecks of a CSP layer.
std::int64_t bottlenecks_of(const LayerShapes& shapes, const std::string& name) {
  std::int64_t depth = 0;
  while (shapes.has(name + ".m." + std::to_string(depth) + ".conv1.conv")) ++depth;
  return depth;
}

// Upstream's early files take pictures of mean 0 and deviation 1 (red first, ImageNet's form), its later ones 0 .. 255
// (blue first), and no name tells them apart. But what the first convolution does to a pixel, its norm included, is
// then a hundred times as large: 0.3 on average in a released early file.
bool takes_normalised_pixels(const std::shared_ptr<const WeightFiles>& files) {
  constexpr double kBetween = 0.03;
  const std::string stem = "backbone.backbone.stem.conv.";
  const auto tensor = [&](const std::string& name) {
    const auto found = files->tensors().find(stem + name);
    return found == files->tensors().end() ? torch::Tensor() : to_tensor(found->second, files);
  };
  const auto weight = tensor("conv.weight"), gamma = tensor("bn.weight"), variance = tensor("bn.running_var");
  if (!weight.defined()) return false;
  if (!gamma.defined() || !variance.defined()) return weight.abs().mean().item<double>() > kBetween;  // folded in
  if (gamma.numel() != weight.size(0) || variance.numel() != weight.size(0)) return false;
  const auto scale = gamma * (variance + yolox::kEps).rsqrt();
  return (weight * scale.view({-1, 1, 1, 1})).abs().mean().item<double>() > kBetween;
}

std::optional<yolox::Row> yolox_row(const LayerShapes& shapes) {
  const auto lateral = shapes.of("backbone.lateral_conv0.conv"), reduce = shapes.of("backbone.reduce_conv1.conv");
  if (lateral.size() != 4 || reduce.size() != 4) return std::nullopt;
  yolox::Row row;
  row.channels = {reduce[0], lateral[0], lateral[1]};
  row.stem = shapes.outputs("backbone.backbone.stem.conv.conv");
  row.depth = std::max<std::int64_t>(1, bottlenecks_of(shapes, "backbone.backbone.dark2.1"));
  row.neck_depth = bottlenecks_of(shapes, "backbone.C3_p4");
  row.hidden = shapes.outputs("head.stems.0.conv");
  row.depthwise = shapes.has("head.cls_convs.0.0.dconv.conv");
  row.side = row.stem < 32 ? 416 : 640;  // nano and tiny; s and larger
  row.classes = stored_groups(shapes, "head", ".cls_preds.0");
  return row;
}

}  // namespace

std::optional<Recognition> recognise_yolox(const ModelFiles& files) {
  const bool typed = files.config.is_object() && files.config.contains("model_type");
  if (typed && files.config["model_type"] != "yolox") return std::nullopt;
  const LayerShapes shapes(*files.weights, "");
  auto row = yolox_row(shapes);
  if (!row && typed) {
    fail(ErrorKind::model,
         "{}: config.json says yolox, and the weights lack its tensors (backbone.lateral_conv0.conv.weight, "
         "backbone.reduce_conv1.conv.weight)",
         files.place.string());
  }
  if (!row) return std::nullopt;
  Recognition found;
  found.config = files.config.is_object() ? files.config : nlohmann::json::object();
  found.config["model_type"] = "yolox";
  found.why = typed ? "model_type of config.json, sizes from the weights" : "names and shapes as YOLOX writes them";
  if (row->stem == 0 && !found.config.contains("backbone")) {
    fail(ErrorKind::model,
         "{}: a YOLOX head without 'backbone.backbone.stem.conv', and no 'backbone' in config.json that says what "
         "else it stands on",
         files.place.string());
  }
  row->normalised = takes_normalised_pixels(files.weights);
  std::int64_t classes = 0;
  for (const auto count : row->classes) classes += count;
  add_listed_labels(found.config, files.place, classes);
  add_labels(found.config, classes);
  found.config["row"] = to_json(*row);
  return found;
}

}  // namespace strop
