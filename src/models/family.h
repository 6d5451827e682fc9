// The visible list of model families, and opening a model of any of them.
//
// Adding a family: a folder under src/models that builds its row, a line in families.cc, a parity test, a row in
// docs/models.md.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/model.h"

namespace strop {

// What lies in a model's folder or file, before anything is built of it.
struct ModelFiles {
  std::filesystem::path place;  // as given: a folder, or one file of weights
  nlohmann::json config;        // of config.json (Hugging Face's or timm's); null where there is none
  std::shared_ptr<const WeightFiles> weights;
};

struct Recognition {
  nlohmann::json config;  // what `build` reads: config.json itself, or made from the weights' names and shapes
  std::string why;        // for a person: "model_type of config.json", "names and shapes as torchvision writes them"
  bool whole = false;     // every tensor of the file belongs to this network: one that nothing reads is a mistake
};

struct Family {
  std::string name;  // model_type of config.json where the format has it
  std::string task;  // what its heads do: kTextClassification, kImageClassification
  std::string summary;
  // Nothing where the files are not of this family.
  std::optional<Recognition> (*recognise)(const ModelFiles& files);
  // Builds the row without weights. `where` (path of config.json or of the weights) is for messages.
  std::unique_ptr<Model> (*build)(const nlohmann::json& config, const ModelOptions& options, const std::string& where);
};

const std::vector<Family>& families();

struct OpenedModel {
  std::unique_ptr<Model> model;
  std::string why;                  // the family was recognised by this
  std::vector<std::string> made;    // layers that the file lacks, made anew
  std::vector<std::string> unread;  // tensors of the file that are no part of the model
};

// config.json of a model folder. Error(model): missing, broken JSON.
nlohmann::json read_config(const std::filesystem::path& folder);

// The task of the family that a model's folder or file of weights belongs to. Error(model) as open_model says.
std::string task_of_model(const std::filesystem::path& place);

// The labels that the model's files name; empty where they don't.
std::vector<std::string> labels_of_model(const std::filesystem::path& place);

// Classes of each group of the head that files hold, whatever the model's own head is (of a classifier one number).
// Empty: they hold none.
std::vector<std::int64_t> stored_classes(const Model& model, const WeightFiles& weights);

// Recognises the family of a model's folder or file of weights and loads them. Empty label_names: taken from the
// config's id2label. Error(model): the model's own labels (config.json's, or options.labels_from) are not as many as
// the classes of the stored head. With labels of others it may be any.
OpenedModel open_model(const std::filesystem::path& place, ModelOptions options);

// The recognition of the families whose config.json says it: by its model_type.
std::optional<Recognition> recognise_by_type(const ModelFiles& files, std::initializer_list<const char*> types);

// A whole number of a config.json. Error(model) naming file and key where it is absent, no number or below `least`.
std::int64_t config_integer(const nlohmann::json& config, const std::string& key, std::int64_t least,
                            const std::string& where);

}  // namespace strop
