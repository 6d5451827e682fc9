// The wire format, byte by byte, as protobuf.dev/programming-guides/encoding has it.
#include "onnx/message.h"

#include <gtest/gtest.h>

#include <functional>

#include "bytes.h"

namespace strop::onnx {
namespace {

std::string written(const std::function<void(Message&)>& write) {
  Message message;
  write(message);
  return message.bytes();
}

TEST(Message, WholeNumbersAreVarints) {
  EXPECT_EQ(written([](Message& m) { m.integer(1, 150); }), bytes("08 96 01"));
  EXPECT_EQ(written([](Message& m) { m.integer(1, 0); }), bytes("08 00"));
  EXPECT_EQ(written([](Message& m) { m.integer(1, 127); }), bytes("08 7f"));
  EXPECT_EQ(written([](Message& m) { m.integer(1, 128); }), bytes("08 80 01"));
  EXPECT_EQ(written([](Message& m) { m.integer(1, -1); }), bytes("08 ff ff ff ff ff ff ff ff ff 01"));
  EXPECT_EQ(written([](Message& m) { m.integer(20, 7); }), bytes("a0 01 07")) << "a tag of two bytes";
}

TEST(Message, FloatsAreFourBytes) {
  EXPECT_EQ(written([](Message& m) { m.real(2, 1.0F); }), bytes("15 00 00 80 3f"));
  EXPECT_EQ(written([](Message& m) { m.real(2, -0.5F); }), bytes("15 00 00 00 bf"));
}

TEST(Message, BytesStandBehindTheirLength) {
  EXPECT_EQ(written([](Message& m) { m.text(2, "testing"); }), bytes("12 07 'testing'"));
  EXPECT_EQ(written([](Message& m) { m.text(2, ""); }), bytes("12 00"));
  EXPECT_EQ(written([](Message& m) { m.open(7, 300); }), bytes("3a ac 02"));
  Message inner;
  inner.integer(1, 150);
  EXPECT_EQ(written([&](Message& m) { m.text(3, inner.bytes()); }), bytes("1a 03 08 96 01"));
}

}  // namespace
}  // namespace strop::onnx
