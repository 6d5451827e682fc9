#include "models/config_labels.h"

#include <string>

namespace strop {

void add_labels(nlohmann::json& config, std::int64_t classes) {
  if (config.contains("id2label") || classes == 0) return;
  nlohmann::json known = config.value("label_names", nlohmann::json());
  if (known.is_null() && config.contains("pretrained_cfg") && config["pretrained_cfg"].is_object()) known = config["pretrained_cfg"].value("label_names", nlohmann::json());
  const bool named = known.is_array() && static_cast<std::int64_t>(known.size()) == classes;
  for (std::int64_t i = 0; i < classes; ++i) {
    config["id2label"][std::to_string(i)] = named ? known[static_cast<std::size_t>(i)] : nlohmann::json("LABEL_" + std::to_string(i));
  }
}

}  // namespace strop
