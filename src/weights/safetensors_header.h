// The header of a safetensors file: bytes in, a checked table out. No file, no mapping: what the fuzzer feeds.
//
// The rules are the reference's: 8 bytes little-endian length (at most 100 MB), a JSON object of that length, and
// tensors that cover the rest of the file without hole or overlap. Duplicate names are refused too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace strop {

struct TensorEntry {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes, counted from SafetensorsHeader::data_start
};

struct SafetensorsHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  std::uint64_t data_start = 0;  // where the tensors' bytes begin in the file
};

// `content` is the whole file (only its header is touched); `file` names it in messages. Error(model) on any fault.
// Cost: one pass over the header.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> content, const std::string& file);

}  // namespace strop
