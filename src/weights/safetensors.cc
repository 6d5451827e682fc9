#include "weights/safetensors.h"

#include "weights/safetensors_header.h"

namespace strop {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& file) : map_(file) {
  const auto content = map_.bytes();
  auto header = parse_safetensors_header(content, file.string());
  for (auto& [name, entry] : header.tensors) {
    tensors_.emplace(name, TensorView{std::move(entry.dtype), std::move(entry.shape),
                                      content.subspan(header.data_start + entry.begin, entry.end - entry.begin)});
  }
  metadata_ = std::move(header.metadata);
}

}  // namespace strop
