// What a run leaves behind for others to open: PEFT's adapter files, a Transformers folder or a sentence-transformers one.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "models/model.h"
#include "strop/options.h"

namespace strop {

struct SaveRequest {
  std::filesystem::path folder;
  std::filesystem::path base_folder;  // its tokenizer files are copied
  std::string base_name;
  std::string method;                 // of the adapters, where some stand in the slots
  std::set<std::string> changed;      // on-disk names of the stored tensors that trained
};

// "adapter" where the slots hold adapters that PEFT can express over the base (pooling pooler), else "full".
std::string resolve_save(const Options& options, const Model& model, const std::string& method);

// Writes adapter_config.json and adapter_model.safetensors; or, with the adapters folded in (the model is changed),
// model.safetensors, config.json, the tokenizer's files and, for pooling mean and cls, the modules of
// sentence-transformers (Transformer, Pooling, Dense). With "delta": changed tensors under on-disk names in
// delta.safetensors.
void save_model(const SaveRequest& request, Model& model, const Options& options, const std::string& kind);

// Puts the tensors of a folder's delta.safetensors into place. Error(model): a name or a shape that the model lacks.
void read_delta(const std::filesystem::path& folder, Model& model);

}  // namespace strop
