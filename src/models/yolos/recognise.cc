#include <numeric>

#include "core/error.h"
#include "models/config_labels.h"
#include "models/detector_parts/class_groups.h"
#include "models/yolos/blocks.h"
#include "models/yolos/yolos.h"

namespace strop {
namespace {

// Classes of each group; the last row of a head is of "nothing".
std::vector<std::int64_t> yolos_groups(const LayerShapes& shapes) {
  std::vector<std::int64_t> sizes;
  while (true) {
    const auto prefix = sizes.empty() ? std::string() : group_block(sizes.size(), yolos::kHead) + ".";
    const auto rows = shapes.outputs(prefix + yolos::kClassLayer);
    if (rows < 2) return sizes;
    sizes.push_back(rows - 1);
  }
}

// Transformers' files for COCO have a label for each number that COCO gave away, from 0 on, "N/A" for those that it
// took back.
void add_category_ids(nlohmann::json& config) {
  const auto labels = config.value("id2label", nlohmann::json::object());
  if (config.contains("category_ids") || !labels.is_object() || !labels.contains("0") || labels["0"] != "N/A") return;
  std::vector<std::int64_t> ids(labels.size());
  std::iota(ids.begin(), ids.end(), 0);
  config["category_ids"] = ids;
}

}  // namespace

std::optional<Recognition> recognise_yolos(const ModelFiles& files) {
  auto found = recognise_by_type(files, {"yolos"});
  if (!found) {
    const bool typed = files.config.is_object() && files.config.contains("model_type");
    for (const auto* name : {"vit.embeddings.detection_tokens", "embeddings.detection_tokens"}) {
      if (typed || files.weights->tensors().count(name) == 0) continue;
      fail(ErrorKind::model,
           "{}: tensor '{}' is one of a YOLOS detector, and no config.json beside it says how many heads of attention "
           "and what image_size it has; give the folder with the model's own config.json",
           files.place.string(), name);
    }
    return std::nullopt;
  }
  const auto groups = yolos_groups(LayerShapes(*files.weights, ""));
  add_labels(found->config, std::accumulate(groups.begin(), groups.end(), std::int64_t{0}));
  add_category_ids(found->config);
  found->config["groups"] = groups;
  return found;
}

}  // namespace strop
