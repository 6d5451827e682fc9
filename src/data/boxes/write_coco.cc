#include <nlohmann/json.hpp>

#include "core/files.h"
#include "data/boxes/outgoing.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

// "name": one entry a line.
std::string list_text(const char* name, const std::vector<json>& entries) {
  std::string text = "\"" + std::string(name) + "\": [";
  for (std::size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? "\n" : ",\n") + entries[i].dump();
  return text + "\n]";
}

}  // namespace

void write_coco(const Outgoing& out) {
  const auto& data = *out.data;
  const auto id_of = [&](std::size_t label) {
    return data.category_ids.empty() ? static_cast<std::int64_t>(label) + 1 : data.category_ids[label];
  };
  std::vector<json> categories;
  for (std::size_t i = 0; i < data.label_names.size(); ++i)
    categories.push_back({{"id", id_of(i)}, {"name", data.label_names[i]}});
  for (const auto& [name, split, pictures] : out.splits) {
    std::vector<json> images, annotations;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const auto& sample = split->samples[i];
      images.push_back(
          {{"id", sample.image_id}, {"file_name", pictures[i]}, {"width", sample.width}, {"height", sample.height}});
      for (const auto& box : sample.boxes) {
        const auto& rect = box.rect;
        annotations.push_back({{"id", box.id},
                               {"image_id", sample.image_id},
                               {"category_id", id_of(static_cast<std::size_t>(box.label))},
                               {"bbox",
                                {rounded_pixels(rect.x), rounded_pixels(rect.y), rounded_pixels(rect.width),
                                 rounded_pixels(rect.height)}},
                               {"area", rounded_pixels(box.area)},
                               {"iscrowd", box.crowd ? 1 : 0}});
      }
    }
    append_file(out.folder / "annotations" / ("instances_" + name + ".json"),
                "{" + list_text("images", images) + ",\n" + list_text("annotations", annotations) + ",\n" +
                    list_text("categories", categories) + "}\n");
  }
}

}  // namespace strop
