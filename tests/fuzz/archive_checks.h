// What holds for every archive or array that a reader accepts: shared by the fuzz targets of tar and idx.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "core/error.h"
#include "core/text.h"

namespace strop {

// Calls act(bytes, "fuzz"); anything but a success or an Error(data) that begins with the name is a finding.
template <typename Act>
void fuzz_bytes(const std::uint8_t* data, std::size_t size, const Act& act) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  try {
    act(bytes, "fuzz");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data || !starts_with(error.what(), "fuzz")) std::abort();
  }
}

}  // namespace strop
