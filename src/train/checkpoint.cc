#include "train/checkpoint.h"

#include <torch/types.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "models/model.h"
#include "weights/safetensors.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

constexpr int kVersion = 2;
constexpr std::string_view kPrefix = "checkpoint-";

std::int64_t step_of(const fs::path& folder) {
  const auto name = folder.filename().string();
  std::int64_t step = -1;
  if (starts_with(name, kPrefix)) std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  return step;
}

std::vector<fs::path> checkpoints_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory() && step_of(entry.path()) >= 0 && fs::exists(entry.path() / "trainer_state.json")) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return step_of(a) < step_of(b); });
  return found;
}

// Each counter under its key, for writing and reading alike.
template <typename Visit>
void visit_progress(TrainProgress& progress, const Visit& visit) {
  visit("stage", progress.stage);
  visit("stage_step", progress.stage_step);
  visit("global_step", progress.global_step);
  visit("epoch", progress.epoch);
  visit("first_epoch", progress.first_epoch);
  visit("epochs", progress.epochs);
  visit("batch", progress.batch);
  visit("micro_batch", progress.micro_batch);
  visit("samples", progress.samples);
  visit("rows", progress.rows);
  visit("elapsed", progress.elapsed);
  visit("stage_elapsed", progress.stage_elapsed);
  visit("loss_sum", progress.loss_sum);
  visit("loss_since_log", progress.loss_since_log);
  visit("steps_since_log", progress.steps_since_log);
  visit("best_metric", progress.best_metric);
  visit("best_step", progress.best_step);
  visit("evaluations_without_gain", progress.evaluations_without_gain);
}

TensorView view_of(const torch::Tensor& tensor) {
  return {"F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

torch::Tensor floats(const std::vector<float>& values) { return torch::tensor(values, torch::kFloat); }

}  // namespace

fs::path save_checkpoint(const fs::path& folder, const Checkpoint& checkpoint, std::int64_t keep) {
  const auto name = std::string(kPrefix) + std::to_string(checkpoint.progress.global_step);
  const fs::path sibling = folder / ("." + name + ".tmp"), target = folder / name;
  std::error_code error;
  fs::remove_all(sibling, error);
  fs::create_directories(sibling, error);
  if (error) fail(ErrorKind::usage, "{}: cannot be made: {}", sibling.string(), error.message());
  try {
    std::map<std::string, torch::Tensor> tensors = checkpoint.tensors;
    if (!checkpoint.infobatch.now.empty()) {
      tensors["infobatch/start"] = floats(checkpoint.infobatch.start);
      tensors["infobatch/now"] = floats(checkpoint.infobatch.now);
    }
    std::map<std::string, TensorView> views;
    for (auto& [key, tensor] : tensors) {
      tensor = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
      views[key] = view_of(tensor);
    }
    write_safetensors(sibling / "state.safetensors", views);
    nlohmann::json state = {{"version", kVersion}};
    TrainProgress progress = checkpoint.progress;
    visit_progress(progress, [&](const char* key, auto& value) { state[key] = value; });
    write_file_atomic(sibling / "trainer_state.json", state.dump(2) + "\n");
  } catch (...) {
    fs::remove_all(sibling, error);
    throw;
  }
  fs::remove_all(target, error);
  fs::rename(sibling, target, error);
  if (error) fail(ErrorKind::usage, "{}: cannot be made: {}", target.string(), error.message());
  auto all = checkpoints_of(folder);
  for (std::size_t i = 0; keep > 0 && i + static_cast<std::size_t>(keep) < all.size(); ++i)
    fs::remove_all(all[i], error);
  return target;
}

Checkpoint load_checkpoint(const fs::path& folder) {
  Checkpoint checkpoint;
  const auto file = folder / "trainer_state.json";
  try {
    const auto state = nlohmann::json::parse(read_file(file, ErrorKind::usage));
    if (state.at("version") != kVersion) {
      fail(ErrorKind::usage, "{}: version is {}; this strop reads version {}", file.string(), state["version"].dump(),
           kVersion);
    }
    visit_progress(checkpoint.progress, [&](const char* key, auto& value) { state.at(key).get_to(value); });
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::usage, "{}: broken: {}; resume from an older checkpoint with --resume <folder>", file.string(),
         error.what());
  }
  const auto files = std::make_shared<const WeightFiles>(folder / "state.safetensors");
  for (const auto& [key, view] : files->tensors()) {
    torch::Tensor tensor = to_tensor(view, files).clone();
    if (starts_with(key, "infobatch/")) {
      std::vector<float> values(tensor.const_data_ptr<float>(), tensor.const_data_ptr<float>() + tensor.numel());
      (key == "infobatch/start" ? checkpoint.infobatch.start : checkpoint.infobatch.now) = std::move(values);
    } else {
      checkpoint.tensors[key] = tensor;
    }
  }
  return checkpoint;
}

std::optional<fs::path> newest_checkpoint(const fs::path& folder) {
  const auto all = checkpoints_of(folder);
  return all.empty() ? std::nullopt : std::optional<fs::path>(all.back());
}

}  // namespace strop
