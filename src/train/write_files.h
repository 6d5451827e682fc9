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
// For files and streams that others read: names of files may hold bytes that are no UTF-8, which become U+FFFD.
// indent < 0: one line.
std::string json_text(const nlohmann::ordered_json& value, int indent = 2);
// Indented by two, a line end at the end.
void write_json_file(const std::filesystem::path& file, const nlohmann::ordered_json& value);

}  // namespace strop
