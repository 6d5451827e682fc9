// YOLOX (arXiv 2107.08430): nano, tiny, s, m, l, x by the shapes of upstream's files; and its neck and head on the maps
// of any convolutional classifier ("backbone" of config.json, made by detector_config).
#pragma once

#include <memory>
#include <optional>

#include "models/family.h"

namespace strop {

std::optional<Recognition> recognise_yolox(const ModelFiles& files);
std::unique_ptr<Model> build_yolox(const nlohmann::json& config, const ModelOptions& options, const std::string& where);

// The config of a detector whose backbone is a classifier of `family`, recognised by `config`.
nlohmann::json detector_config(const std::string& family, const nlohmann::json& config);

}  // namespace strop
