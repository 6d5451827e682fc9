// What a run leaves behind for others to open: PEFT's adapter files, or a folder as the model's own library has them.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "strop/options.h"
#include "train/opened.h"

namespace strop {

struct SaveRequest {
  std::filesystem::path folder;
  std::string kind;               // adapter | full | delta
  std::string method;             // of the adapters, where some stand in the slots
  std::set<std::string> changed;  // on-disk names of the stored tensors that trained
};

// "adapter" where the slots hold adapters that PEFT can express over the base (pooling pooler), else "full".
std::string resolve_save(const Options& options, const Model& model, const std::string& method);

// Writes adapter_config.json and adapter_model.safetensors; or, with the adapters folded in and a table of positions
// made that of the pictures' size (the model is changed), model.safetensors, config.json and what the task adds for its
// inputs. With "delta": changed tensors, and those that the base's files lack, under on-disk names in
// delta.safetensors. A size that an adapter can't carry is warned of, with what to do.
void save_model(const SaveRequest& request, Opened& opened, const Options& options);

// Puts the tensors of a folder's delta.safetensors into place. Returns their names. Error(model): a name or a shape
// that the model lacks.
std::set<std::string> read_delta(const std::filesystem::path& folder, Model& model);

}  // namespace strop
