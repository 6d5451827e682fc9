#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "models/family.h"

namespace strop {
namespace fs = std::filesystem;

nlohmann::json read_config(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  if (!fs::exists(file)) {
    fail(ErrorKind::model, "{}: no config.json; expected a Hugging Face model folder (config.json, tokenizer.json, model.safetensors)",
         folder.string());
  }
  const auto text = read_file(file, ErrorKind::model, 16 << 20);
  try {
    auto config = nlohmann::json::parse(text);
    if (!config.is_object()) fail(ErrorKind::model, "{}: expected a JSON object, found {}", file.string(), config.type_name());
    return config;
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorKind::model, "{}: broken JSON near byte {}: {}", file.string(), error.byte, excerpt(error.what(), 120));
  }
}

std::int64_t config_integer(const nlohmann::json& config, const std::string& key, std::int64_t least, const std::string& where) {
  if (!config.contains(key)) fail(ErrorKind::model, "{}: no key '{}'", where, key);
  const auto& value = config[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < least) {
    fail(ErrorKind::model, "{}: {} is {}; expected a whole number of {} or more", where, key, value.dump(), least);
  }
  return value.get<std::int64_t>();
}

OpenedModel open_model(const fs::path& folder, ModelOptions options) {
  OpenedModel opened;
  opened.folder = folder;
  const auto config = read_config(folder);
  const auto where = (folder / "config.json").string();
  if (!config.contains("model_type") || !config["model_type"].is_string()) {
    fail(ErrorKind::model, "{}: no text key 'model_type'", where);
  }
  const auto type = config["model_type"].get<std::string>();
  const Family* family = nullptr;
  std::vector<std::string> known;
  for (const auto& candidate : families()) {
    known.push_back(candidate.name);
    if (candidate.name == type) family = &candidate;
  }
  if (family == nullptr) {
    fail(ErrorKind::model, "{}: model_type '{}' is not supported; supported: {}", where, type, join(known, ", "));
  }
  if (options.label_names.empty() && config.contains("id2label") && config["id2label"].is_object()) {
    const auto& names = config["id2label"];
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto key = std::to_string(i);
      if (!names.contains(key) || !names[key].is_string()) {
        fail(ErrorKind::model, "{}: id2label has no text for label {}", where, key);
      }
      options.label_names.push_back(names[key].get<std::string>());
    }
  }
  opened.model = family->build(config, options, where);
  opened.made = opened.model->load(std::make_shared<const WeightFiles>(folder), options.seed);
  return opened;
}

}  // namespace strop
