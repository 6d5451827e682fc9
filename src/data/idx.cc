#include "data/idx.h"

#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/read_bytes.h"

namespace strop {
namespace {

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

constexpr char kBytes = 0x08;  // the type of the values

}  // namespace

bool is_idx_name(const std::string& file) {
  std::string name = lower_ascii(file);
  if (ends_with(name, ".gz")) name.resize(name.size() - 3);
  return ends_with(name, "idx1-ubyte") || ends_with(name, "idx3-ubyte");
}

IdxArray read_idx(const std::string& file, std::size_t dimensions) {
  return parse_idx(std::make_shared<const std::string>(read_data_bytes(file)), file, dimensions);
}

IdxArray parse_idx(std::shared_ptr<const std::string> bytes, const std::string& file, std::size_t dimensions) {
  IdxArray array{{}, std::move(bytes), 4 + 4 * dimensions};
  const std::string_view view(*array.bytes);
  if (view.size() < 4 || view[0] != 0 || view[1] != 0 || view[2] != kBytes) {
    fail(ErrorKind::data, "{}: found no header of an idx file of bytes (00 00 08), expected one as MNIST's files have",
         file);
  }
  const auto found = static_cast<std::size_t>(static_cast<unsigned char>(view[3]));
  if (found != dimensions) {
    fail(ErrorKind::data, "{}: found {} dimensions, expected {} ({})", file, found, dimensions,
         dimensions == 3 ? "pictures, rows, columns" : "labels");
  }
  if (view.size() < array.data_at) fail(ErrorKind::data, "{}: the header is truncated", file);
  std::uint64_t expected = 1;
  for (std::size_t i = 0; i < dimensions; ++i) {
    array.sizes.push_back(big_endian(view, 4 + 4 * i));
    if (array.sizes.back() == 0) fail(ErrorKind::data, "{}: found a size of 0, expected data", file);
    // Beyond the file's length the rest can't matter, and the product can't overflow.
    if (expected <= view.size()) expected *= array.sizes.back();
  }
  if (view.size() - array.data_at != expected) {
    fail(ErrorKind::data, "{}: found {} bytes of data, expected {} by its header; the file is truncated or damaged",
         file, view.size() - array.data_at, expected);
  }
  return array;
}

}  // namespace strop
