#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "weights/pickled_file.h"
#include "weights/safetensors.h"
#include "weights/shard_index.h"
#include "weights/weight_names.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

// What trainers leave beside the weights.
constexpr const char* kOthers[] = {"training_args", "optimizer", "scheduler", "scaler", "rng_state"};

bool is_usual_other(const fs::path& file) {
  const auto name = file.filename().string();
  return std::any_of(std::begin(kOthers), std::end(kOthers), [&](auto other) { return starts_with(name, other); });
}

// The file of a folder that stands for its weights.
fs::path weights_in(const fs::path& folder) {
  for (const char* name : kWeightNames) {
    if (fs::exists(folder / name)) return folder / name;
  }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!is_pickled_name(entry.path()) || is_usual_other(entry.path())) continue;
    names.push_back(entry.path().filename().string());
  }
  if (names.empty()) {
    fail(ErrorKind::model, "{}: holds no weights, expected {}", folder.string(),
         join({std::begin(kWeightNames), std::end(kWeightNames)}, ", "));
  }
  if (names.size() > 1) {
    std::sort(names.begin(), names.end());
    fail(ErrorKind::model, "{}: holds {} weight files ({}), expected one; name the one that is meant", folder.string(),
         names.size(), excerpt(join(names, ", "), 300));
  }
  return folder / names.front();
}

}  // namespace

bool is_weight_file_name(const fs::path& file) { return is_pickled_name(file) || file.extension() == ".safetensors"; }

WeightFiles::File WeightFiles::open_file(const fs::path& file) {
  if (!is_weight_file_name(file)) {
    fail(ErrorKind::model,
         "{}: is no weight file, expected a .safetensors file, its .index.json or a file of torch.save (.pth, .bin)",
         file.string());
  }
  if (is_pickled_name(file)) {
    auto opened = std::make_shared<const PickledFile>(file);
    return {file, opened, &opened->tensors()};
  }
  auto opened = std::make_shared<const SafetensorsFile>(file);
  return {file, opened, &opened->tensors()};
}

WeightFiles::WeightFiles(const fs::path& folder_or_file) {
  std::error_code error;
  const auto status = fs::status(folder_or_file, error);
  if (!fs::exists(status)) fail(ErrorKind::model, "{}: no such file or folder", folder_or_file.string());
  const fs::path file = fs::is_directory(status) ? weights_in(folder_or_file) : folder_or_file;
  if (ends_with(file.filename().string(), ".index.json")) {
    open_shards(file);
    return;
  }
  files_.push_back(open_file(file));
  tensors_ = *files_.front().tensors;
  for (const auto& [name, view] : tensors_) owner_.emplace(name, 0);
}

void WeightFiles::open_shards(const fs::path& index) {
  std::map<std::string, std::size_t> opened;
  for (const auto& [name, shard] : read_shard_index(index)) {
    if (!opened.contains(shard)) {
      const fs::path path = index.parent_path() / shard;
      if (!fs::exists(path)) {
        fail(ErrorKind::model, "{}: the shard {} that it names is missing; fetch the model again", index.string(),
             shard);
      }
      files_.push_back(open_file(path));
      opened.emplace(shard, files_.size() - 1);
    }
    const auto owner = opened.at(shard);
    const auto found = files_[owner].tensors->find(name);
    if (found == files_[owner].tensors->end()) {
      fail(ErrorKind::model,
           "{}: tensor '{}' should lie in {}, which lacks it; index and shards belong to different "
           "models or are damaged: fetch the model again",
           index.string(), excerpt(name), shard);
    }
    tensors_.emplace(name, found->second);
    owner_.emplace(name, owner);
  }
}

std::vector<fs::path> WeightFiles::files() const {
  std::vector<fs::path> paths;
  for (const auto& file : files_) paths.push_back(file.path);
  return paths;
}

fs::path WeightFiles::file_of(const std::string& name) const { return files_.at(owner_.at(name)).path; }

}  // namespace strop
