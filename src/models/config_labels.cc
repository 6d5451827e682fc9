#include "models/config_labels.h"

#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {

void add_labels(nlohmann::json& config, std::int64_t classes) {
  if (config.contains("id2label") || classes == 0) return;
  nlohmann::json known = config.value("label_names", nlohmann::json());
  if (known.is_null() && config.contains("pretrained_cfg") && config["pretrained_cfg"].is_object())
    known = config["pretrained_cfg"].value("label_names", nlohmann::json());
  else if (known.is_null() && config.contains("architecture"))  // timm's older files
    known = config.value("labels", nlohmann::json());
  const bool named = known.is_array() && static_cast<std::int64_t>(known.size()) == classes;
  for (std::int64_t i = 0; i < classes; ++i) {
    config["id2label"][std::to_string(i)] =
        named ? known[static_cast<std::size_t>(i)] : nlohmann::json("LABEL_" + std::to_string(i));
  }
}

void add_listed_labels(nlohmann::json& config, const std::filesystem::path& place, std::int64_t classes) {
  if (config.contains("id2label") || classes == 0) return;
  const auto folder = std::filesystem::is_directory(place) ? place : place.parent_path();
  std::vector<std::filesystem::path> lists;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error)) {
    if (entry.path().extension() == ".names") lists.push_back(entry.path());
  }
  if (lists.size() != 1) return;
  std::vector<std::string> labels;
  for (const auto& line : split_lines(read_file(lists[0], ErrorKind::model, 1 << 20))) {
    if (const auto label = trim(line); !label.empty()) labels.emplace_back(label);
  }
  if (static_cast<std::int64_t>(labels.size()) != classes) {
    fail(ErrorKind::model,
         "{}: {} labels, but the weights beside it have {} classes; put the list that belongs to them "
         "there, or none",
         lists[0].string(), labels.size(), classes);
  }
  if (const std::set<std::string> different(labels.begin(), labels.end()); different.size() < labels.size()) {
    fail(ErrorKind::model, "{}: a label stands twice among the {}; each class needs its own", lists[0].string(),
         labels.size());
  }
  for (std::size_t i = 0; i < labels.size(); ++i) config["id2label"][std::to_string(i)] = labels[i];
}

}  // namespace strop
