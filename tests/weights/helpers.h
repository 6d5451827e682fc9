// Shared by the tests of this folder.
#pragma once

#include "../core/helpers.h"

namespace strop {

// 8 bytes of length, the header, then `data_bytes` zeros.
inline std::string safetensors_bytes(const std::string& header, std::size_t data_bytes) {
  std::string out;
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(header.size() >> shift & 0xFF);
  return out + header + std::string(data_bytes, '\0');
}

}  // namespace strop
