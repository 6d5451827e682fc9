// The visible list of model families, and opening a model of any of them.
//
// Adding a family: a folder under src/models that builds its row, a line in families.cc, a parity test, a row in
// docs/models.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace strop {

struct Family {
  std::string name;      // model_type of config.json
  std::string summary;
  // Builds the row without weights. `where` (path of config.json) is for messages.
  std::unique_ptr<Model> (*build)(const nlohmann::json& config, const ModelOptions& options, const std::string& where);
};

const std::vector<Family>& families();

struct OpenedModel {
  std::unique_ptr<Model> model;
  std::filesystem::path folder;
  std::vector<std::string> made;  // layers that the file lacks, made anew
};

// config.json of a model folder. Error(model): missing, broken JSON.
nlohmann::json read_config(const std::filesystem::path& folder);

// Recognises the family by config.json and loads the weights. Empty label_names: taken from the config's id2label.
OpenedModel open_model(const std::filesystem::path& folder, ModelOptions options);

// A whole number of a config.json. Error(model) naming file and key where it is absent, no number or below `least`.
std::int64_t config_integer(const nlohmann::json& config, const std::string& key, std::int64_t least, const std::string& where);

}  // namespace strop
