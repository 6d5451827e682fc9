#include "core/error.h"
#include "core/text.h"
#include "weights/safetensors.h"
#include "weights/shard_index.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

constexpr const char* kIndex = "model.safetensors.index.json";

[[noreturn]] void fail_pickle(const fs::path& file) {
  const auto target = (file.has_parent_path() ? file.parent_path() : fs::path(".")) / "model.safetensors";
  fail(ErrorKind::model,
       "{}: pickled weights are not read yet; expected model.safetensors. Convert it once with Python:\n"
       "  import torch, safetensors.torch as st\n"
       "  st.save_file({{k: v.contiguous().clone() for k, v in torch.load('{}', map_location='cpu', "
       "weights_only=True).items()}}, '{}', {{'format': 'pt'}})",
       file.string(), file.string(), target.string());
}

bool is_pickle(const fs::path& file) {
  const auto suffix = file.extension();
  return suffix == ".bin" || suffix == ".pth" || suffix == ".pt" || suffix == ".ckpt";
}

// The file of a folder that stands for its weights.
fs::path weights_in(const fs::path& folder) {
  for (const char* name : {"model.safetensors", kIndex}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_pickle(entry.path()) && entry.path().stem() != "training_args") fail_pickle(entry.path());
  }
  fail(ErrorKind::model, "{}: holds no weights, expected model.safetensors or {}", folder.string(), kIndex);
}

}  // namespace

WeightFiles::WeightFiles(const fs::path& folder_or_file) {
  std::error_code error;
  const auto status = fs::status(folder_or_file, error);
  if (!fs::exists(status)) fail(ErrorKind::model, "{}: no such file or folder", folder_or_file.string());
  const fs::path file = fs::is_directory(status) ? weights_in(folder_or_file) : folder_or_file;
  if (is_pickle(file)) fail_pickle(file);
  if (!ends_with(file.filename().string(), ".index.json")) {
    if (file.extension() != ".safetensors") {
      fail(ErrorKind::model, "{}: is no weight file, expected a .safetensors file or {}", file.string(), kIndex);
    }
    files_.push_back(std::make_unique<SafetensorsFile>(file));
    tensors_ = files_.front()->tensors();
    for (const auto& [name, view] : tensors_) owner_.emplace(name, 0);
    return;
  }
  std::map<std::string, std::size_t> opened;
  for (const auto& [name, shard] : read_shard_index(file)) {
    const fs::path path = file.parent_path() / shard;
    if (!opened.contains(shard)) {
      if (!fs::exists(path)) {
        fail(ErrorKind::model, "{}: the shard {} that it names is missing; fetch the model again", file.string(),
             shard);
      }
      files_.push_back(std::make_unique<SafetensorsFile>(path));
      opened.emplace(shard, files_.size() - 1);
    }
    const auto owner = opened.at(shard);
    const auto found = files_[owner]->tensors().find(name);
    if (found == files_[owner]->tensors().end()) {
      fail(ErrorKind::model,
           "{}: tensor '{}' should lie in {}, which lacks it; index and shards belong to different "
           "models or are damaged: fetch the model again",
           file.string(), excerpt(name), shard);
    }
    tensors_.emplace(name, found->second);
    owner_.emplace(name, owner);
  }
}

fs::path WeightFiles::file_of(const std::string& name) const { return files_.at(owner_.at(name))->path(); }

}  // namespace strop
