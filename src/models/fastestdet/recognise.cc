#include <numeric>

#include "core/error.h"
#include "models/config_labels.h"
#include "models/detector_parts/class_groups.h"
#include "models/fastestdet/fastestdet.h"
#include "models/fastestdet/row.h"

namespace strop {
namespace fastestdet {
namespace {

std::optional<Row> read_row(const LayerShapes& shapes) {
  Row row;
  row.stem = shapes.outputs("backbone.first_conv.0");
  row.neck = shapes.outputs("SPP.Conv1x1.conv1x1.0");
  row.classes = stored_groups(shapes, kHead, ".cls_layers.conv5x5.3");
  if (row.stem == 0 || row.neck == 0 || row.classes.empty()) return std::nullopt;
  for (std::size_t i = 0; i < row.channels.size(); ++i) {
    const auto stage = "backbone.stage" + std::to_string(i + 2) + ".";
    row.channels[i] = shapes.outputs(stage + "0.branch_main.5") + shapes.outputs(stage + "0.branch_proj.2");
    row.repeats[i] = 0;
    while (shapes.has(stage + std::to_string(row.repeats[i]) + ".branch_main.0")) ++row.repeats[i];
    if (row.repeats[i] == 0) return std::nullopt;
  }
  return row;
}

}  // namespace
}  // namespace fastestdet

std::optional<Recognition> recognise_fastestdet(const ModelFiles& files) {
  const bool typed = files.config.is_object() && files.config.contains("model_type");
  if (typed && files.config["model_type"] != "fastestdet") return std::nullopt;
  const auto row = fastestdet::read_row(LayerShapes(*files.weights, ""));
  if (!row && typed) {
    fail(ErrorKind::model,
         "{}: config.json says fastestdet, and the weights lack its tensors (backbone.first_conv.0.weight, "
         "SPP.Conv1x1.conv1x1.0.weight, detect_head.cls_layers.conv5x5.3.weight)",
         files.place.string());
  }
  if (!row) return std::nullopt;
  Recognition found;
  found.config = files.config.is_object() ? files.config : nlohmann::json::object();
  found.config["model_type"] = "fastestdet";
  found.why =
      typed ? "model_type of config.json, sizes from the weights" : "names and shapes as FastestDet writes them";
  const auto classes = std::accumulate(row->classes.begin(), row->classes.end(), std::int64_t{0});
  add_listed_labels(found.config, files.place, classes);
  add_labels(found.config, classes);
  found.config["row"] = to_json(*row);
  return found;
}

}  // namespace strop
