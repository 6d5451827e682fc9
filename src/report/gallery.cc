#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "report/run_files.h"

namespace strop {
namespace {

// Only this goes into the page's src attributes, whatever the file holds.
bool is_jpeg_uri(const nlohmann::json& value) {
  constexpr std::string_view kHead = "data:image/jpeg;base64,";
  if (!value.is_string()) return false;
  const std::string_view text = value.get_ref<const std::string&>();
  return starts_with(text, kHead) && std::all_of(text.begin() + kHead.size(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
                  c == '=';
         });
}

const nlohmann::json& list_of(const nlohmann::json& root, const char* key) {
  static const nlohmann::json none = nlohmann::json::array();
  const auto found = root.find(key);
  return found != root.end() && found->is_array() ? *found : none;
}

}  // namespace

void read_gallery(RunFiles& run, const std::string& json) {
  const auto root = nlohmann::json::parse(json, nullptr, false);
  if (!root.is_object()) fail(ErrorKind::usage, "gallery.json: expected one JSON object");
  for (const auto& one : list_of(root, "mistakes")) {
    if (!one.is_object() || !one.contains("index") || !one["index"].is_number_integer() || !one.contains("image"))
      continue;
    if (is_jpeg_uri(one["image"])) run.thumbnails[one["index"].get<std::int64_t>()] = one["image"].get<std::string>();
  }
  for (const auto& one : list_of(root, "boxes")) {
    if (!one.is_object() || !one.contains("image") || !is_jpeg_uri(one["image"])) continue;
    const auto count = [&](const char* key) {
      return one.contains(key) && one[key].is_number_integer() ? one[key].get<std::int64_t>() : std::int64_t{0};
    };
    const bool named = one.contains("name") && one["name"].is_string();
    run.boxes.push_back({named ? one["name"].get<std::string>() : "", one["image"].get<std::string>(), count("missed"),
                         count("false_alarms")});
  }
  for (const auto& one : list_of(root, "augmented")) {
    if (!one.is_object()) continue;
    AugmentedView view;
    if (one.contains("name") && one["name"].is_string()) view.name = one["name"].get<std::string>();
    for (const auto& image : list_of(one, "images")) {
      if (is_jpeg_uri(image)) view.images.push_back(image.get<std::string>());
    }
    if (!view.images.empty()) run.augmented.push_back(std::move(view));
  }
}

}  // namespace strop
