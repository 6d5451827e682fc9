// PEFT's adapter files, both ways: adapter_config.json + adapter_model.safetensors (formats: PEFT 0.21).
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "models/model.h"
#include "strop/options.h"

namespace strop {

// Writes the adapters in the model's slots, and the head with every layer that `saved_layers` names (modules_to_save),
// so that Python's PeftModel opens the folder over the same base given num_labels. Modules are named as in the memory
// of the Transformers version that options.names says (v4: as on disk).
void write_adapter(const std::filesystem::path& folder, Model& model, const Options& options, const std::string& method,
                   const std::string& base_name, const std::vector<std::string>& saved_layers);

// Puts the adapter of a folder, in either spelling of its modules, into the model's slots and its saved layers into
// place, whose names `saved` gets where it is given. Returns the method's name.
// Error(model) where the adapter does not fit the base: an unknown module, another shape, a missing or left-over
// tensor, another kind of adapter than strop's; never a silent no-op.
std::string read_adapter(const std::filesystem::path& folder, Model& model, std::set<std::string>* saved = nullptr);

// The classes of the head stored in an adapter; 0 where it stores none. For opening the base with a fitting head.
std::int64_t adapter_labels(const std::filesystem::path& folder);

}  // namespace strop
