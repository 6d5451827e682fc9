#include "onnx/message.h"

#include <bit>

namespace strop::onnx {
namespace {

// What stands in the low three bits of a field's tag.
constexpr std::uint64_t kVarint = 0, kLengthDelimited = 2, kFourBytes = 5;

std::uint64_t tag(int field, std::uint64_t wire_type) { return static_cast<std::uint64_t>(field) << 3 | wire_type; }

}  // namespace

void Message::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
  bytes_ += static_cast<char>(value);
}

void Message::integer(int field, std::int64_t value) {
  varint(tag(field, kVarint));
  varint(static_cast<std::uint64_t>(value));
}

void Message::real(int field, float value) {
  varint(tag(field, kFourBytes));
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xFF);
}

void Message::open(int field, std::uint64_t size) {
  varint(tag(field, kLengthDelimited));
  varint(size);
}

void Message::text(int field, std::string_view bytes) {
  open(field, bytes.size());
  bytes_ += bytes;
}

}  // namespace strop::onnx
