#include "train/write_files.h"

#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "core/files.h"
#include "weights/safetensors.h"

namespace strop {

void write_tensors_file(const std::filesystem::path& file, const std::map<std::string, torch::Tensor>& tensors) {
  std::map<std::string, torch::Tensor> plain;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto& kept = plain[name] = tensor.detach().to(torch::kCPU).contiguous();
    views[name] = {kept.scalar_type() == torch::kLong ? "I64" : "F32",
                   kept.sizes().vec(),
                   {static_cast<const std::byte*>(kept.const_data_ptr()), kept.nbytes()}};
  }
  write_safetensors(file, views);
}

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_json_file(const std::filesystem::path& file, const nlohmann::ordered_json& value) {
  write_file_atomic(file, json_text(value) + "\n");
}

}  // namespace strop
