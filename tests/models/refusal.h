// What a person reads when a model's config.json does not fit.
#pragma once

#include <filesystem>
#include <fstream>

#include "errors.h"
#include "models/family.h"

namespace strop {

// The message of the Error(model) that opening the folder gives with this config.
inline std::string refusal(const std::filesystem::path& folder, const nlohmann::json& config) {
  std::ofstream(folder / "config.json") << config.dump();
  return message_of(ErrorKind::model, [&] { open_model(folder, {}); });
}

}  // namespace strop
