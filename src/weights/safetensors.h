// The safetensors format: an 8-byte little-endian header length, a JSON header, raw little-endian tensor bytes.
// https://github.com/huggingface/safetensors (format description)
//
// Reading maps the file: opening costs the header alone, pages come in as tensors are used. Every number in the header
// is checked against the file before a view is handed out; a lying header is an Error(model) with file and key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weights/mapped_file.h"

namespace strop {

// Names as in the file: "F32" "F16" "BF16" "F64" "I64" "I32" "I16" "I8" "U8" "BOOL" (also U16 U32 U64 C64 F8_*).
struct TensorView {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;  // valid while the file object lives
};

std::size_t dtype_size(const std::string& dtype);  // bytes an element; 0 for an unknown dtype

class SafetensorsFile {
 public:
  // Opens one .safetensors file. Error(model): missing, truncated, overlapping, oversized or malformed.
  explicit SafetensorsFile(const std::filesystem::path& file);
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::filesystem::path& path() const { return map_.path(); }

 private:
  MappedFile map_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// The weights of a model folder or a single file. Of a folder, the first that is there: model.safetensors,
// model.safetensors.index.json with its shards, pytorch_model.bin, pytorch_model.bin.index.json, or else the one file
// of torch.save that it holds (see PickledFile for what is read of such a file).
class WeightFiles {
 public:
  explicit WeightFiles(const std::filesystem::path& folder_or_file);
  // All tensors by their on-disk names.
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  // One, or the shards in the order in which the index first names them.
  std::vector<std::filesystem::path> files() const;
  // Which file a tensor lies in: for messages.
  std::filesystem::path file_of(const std::string& name) const;

 private:
  struct File {
    std::filesystem::path path;
    std::shared_ptr<const void> owner;                 // of what the views point to
    const std::map<std::string, TensorView>* tensors;  // lies in the owner
  };

  static File open_file(const std::filesystem::path& file);
  void open_shards(const std::filesystem::path& index);

  std::vector<File> files_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::size_t> owner_;
};

// Whether WeightFiles opens a file of this name (an index of shards apart).
bool is_weight_file_name(const std::filesystem::path& file);

// Writes a file as the reference does: header padded with spaces to 8 bytes, tensors sorted by dtype (largest first,
// in the reference's order) then name, metadata {"format": "pt"} unless given. Complete or absent (see
// write_file_atomic); streams, so no second copy of the weights is made.
void write_safetensors(const std::filesystem::path& file, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace strop
