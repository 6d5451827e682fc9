#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "core/files.h"
#include "data/boxes/outgoing.h"

namespace strop {

namespace fs = std::filesystem;

void write_yolo(const Outgoing& out) {
  const auto& labels = out.data->label_names;
  YAML::Emitter yaml;
  yaml << YAML::BeginMap;
  for (const auto& one : out.splits) yaml << YAML::Key << one.name << YAML::Value << "images/" + one.name;
  yaml << YAML::Key << "nc" << YAML::Value << labels.size() << YAML::Key << "names" << YAML::Value << YAML::BeginMap;
  for (std::size_t i = 0; i < labels.size(); ++i)
    yaml << YAML::Key << i << YAML::Value << YAML::DoubleQuoted << labels[i];
  yaml << YAML::EndMap << YAML::EndMap;
  append_file(out.folder / "data.yaml", std::string(yaml.c_str()) + "\n");
  for (const auto& [name, split, pictures] : out.splits) {
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const auto& sample = split->samples[i];
      std::string lines;
      for (const auto& box : sample.boxes) {
        if (box.crowd) continue;
        lines += fmt::format("{} {:.12g} {:.12g} {:.12g} {:.12g}\n", box.label,
                             (box.rect.x + box.rect.width / 2) / sample.width,
                             (box.rect.y + box.rect.height / 2) / sample.height, box.rect.width / sample.width,
                             box.rect.height / sample.height);
      }
      append_file(out.folder / "labels" / name / (fs::path(pictures[i]).stem().string() + ".txt"), lines);
    }
  }
}

}  // namespace strop
