// Small writers that several files of a saved model share.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace strop {

// Tensors by name, fp32 or int64, as safetensors.
void write_tensors_file(const std::filesystem::path& file, const std::map<std::string, torch::Tensor>& tensors);
// Indented by two, a line end at the end.
void write_json_file(const std::filesystem::path& file, const nlohmann::ordered_json& value);

}  // namespace strop
