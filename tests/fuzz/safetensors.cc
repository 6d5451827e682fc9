// Any bytes as a safetensors file: either an Error or a table whose tensors cover the data exactly.
#include "weights/safetensors_header.h"

#include <cstdint>
#include <cstdlib>

#include "core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto header = strop::parse_safetensors_header(std::as_bytes(std::span(data, size)), "fuzz");
    std::uint64_t covered = header.data_start;
    for (const auto& [name, entry] : header.tensors) covered += entry.end - entry.begin;
    if (covered != size) std::abort();
  } catch (const strop::Error& error) {
    if (error.kind() != strop::ErrorKind::model) std::abort();
  }
  return 0;
}
