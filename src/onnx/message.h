// Messages in the wire format of Protocol Buffers, as far as writing an ONNX file needs it: whole numbers as varints,
// floats as four bytes, everything else as bytes behind their length (protobuf.dev/programming-guides/encoding). The
// numbers of fields are the caller's; fields stand in the order of the calls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strop::onnx {

class Message {
 public:
  // Below 0: ten bytes, as the format has it for int64.
  void integer(int field, std::int64_t value);
  void real(int field, float value);
  // A string, bytes, or another message's bytes().
  void text(int field, std::string_view bytes);
  // The beginning of such a field, whose `size` bytes the caller writes elsewhere, behind bytes().
  void open(int field, std::uint64_t size);

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value);

  std::string bytes_;
};

}  // namespace strop::onnx
