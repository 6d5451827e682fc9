// Bytes that lie in a file, in a part of one (archives), or in memory (what was inflated).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strop {

struct ByteRange {
  static constexpr std::uint64_t kWhole = ~std::uint64_t{0};

  std::string file;                           // where the bytes lie; with `memory` only for messages
  std::shared_ptr<const std::string> memory;  // not null: the bytes lie here, in `file` compressed
  std::uint64_t offset = 0, size = kWhole;
};

// The bytes of a range and what keeps them alive.
struct HeldBytes {
  std::shared_ptr<const std::string> holder;
  std::string_view view;
};

// Files are read (up to 1 GiB), memory is not copied. Error(data) naming `name` where the file is missing, unreadable
// or ends before the range does.
HeldBytes read_range(const ByteRange& range, const std::string& name);

}  // namespace strop
