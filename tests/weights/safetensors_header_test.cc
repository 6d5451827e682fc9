// Headers that lie: each is refused with the file, the place, what was found and what was expected.
#include "weights/safetensors_header.h"

#include "helpers.h"

namespace strop {
namespace {

SafetensorsHeader parse(const std::string& content) {
  return parse_safetensors_header(std::as_bytes(std::span(content.data(), content.size())), "m.safetensors");
}

struct Lie {
  const char* name;
  const char* header;
  std::size_t data_bytes;
  const char* message;  // a part that must stand in it
};

void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.header; }

class LyingHeader : public testing::TestWithParam<Lie> {};

TEST_P(LyingHeader, IsRefused) {
  const auto& lie = GetParam();
  const auto message = message_of(ErrorKind::model, [&] { parse(safetensors_bytes(lie.header, lie.data_bytes)); });
  EXPECT_NE(message.find(lie.message), std::string::npos) << message;
  EXPECT_EQ(message.find("m.safetensors: "), 0u) << message;
  EXPECT_NE(message.find("expected"), std::string::npos) << message;
}

#define T(dtype, shape, offsets) R"({"w":{"dtype":")" dtype R"(","shape":)" shape R"(,"data_offsets":)" offsets "}}"
INSTANTIATE_TEST_SUITE_P(
    Safetensors, LyingHeader,
    testing::Values(
        Lie{"EmptyHeader", "", 0, "no valid JSON"}, Lie{"CutJson", R"({"w":{"dtype")", 0, "no valid JSON at its byte"},
        Lie{"TrailingText", "{} x", 0, "no valid JSON"}, Lie{"InvalidUtf8", "{\"\xff\":1}", 0, "no valid JSON"},
        Lie{"List", "[]", 0, "the header is a list"}, Lie{"Number", "12", 0, "the header is 12"},
        Lie{"EntryIsNumber", R"({"w":1})", 0, "tensor 'w': its entry is 1"},
        Lie{"EntryIsList", R"({"w":[]})", 0, "tensor 'w': its entry is a list"},
        Lie{"NoDtype", R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4, "dtype is missing"},
        Lie{"NoShape", R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4, "shape is missing"},
        Lie{"NoOffsets", R"({"w":{"dtype":"F32","shape":[1]}})", 4, "data_offsets is missing"},
        Lie{"UnknownDtype", T("F33", "[1]", "[0,4]"), 4, "dtype 'F33' is unknown"},
        Lie{"DtypeIsNumber", R"({"w":{"dtype":3}})", 0, "dtype is 3"},
        Lie{"DtypeIsObject", R"({"w":{"dtype":{}}})", 0, "dtype is an object"},
        Lie{"NegativeShape", T("F32", "[-1]", "[0,4]"), 4, "shape holds -1"},
        Lie{"FractionalShape", T("F32", "[1.5]", "[0,4]"), 4, "shape holds 1.5"},
        Lie{"HugeExtent", T("F32", "[9223372036854775808]", "[0,4]"), 4, "shape holds 9223372036854775808"},
        Lie{"NumberBeyond64Bits", T("F32", "[99999999999999999999]", "[0,4]"), 4, "shape holds 99999999999999999999"},
        Lie{"ShapeOverflow", T("F32", "[4294967296,4294967296]", "[0,4]"), 4, "overflows"},
        Lie{"BytesOverflow", T("F32", "[4611686018427387904]", "[0,0]"), 0, "overflows"},
        Lie{"ShapeOfTexts", T("F32", "[\"1\"]", "[0,4]"), 4, "shape holds \"1\""},
        Lie{"NestedShape", T("F32", "[[1]]", "[0,4]"), 4, "shape holds a list"},
        Lie{"WrongSize", T("F32", "[2]", "[0,4]"), 4, "hold 4 bytes, expected 8 for shape [2] of F32"},
        Lie{"OneOffset", T("F32", "[1]", "[0]"), 4, "has 1 numbers, expected 2"},
        Lie{"ThreeOffsets", T("F32", "[1]", "[0,4,8]"), 4, "has 3 numbers, expected 2"},
        Lie{"NegativeOffset", T("F32", "[1]", "[-4,0]"), 4, "data_offsets holds -4"},
        Lie{"Backwards", T("F32", "[1]", "[4,0]"), 4, "[4, 0] run backwards"},
        Lie{"BeyondTheFile", T("F32", "[2]", "[0,8]"), 4, "[0, 8] reach beyond the file, expected at most 4"},
        Lie{"FarBeyond", T("F32", "[1]", "[18446744073709551611,18446744073709551615]"), 4, "reach beyond the file"},
        Lie{"BytesLeftOver", T("F32", "[1]", "[0,4]"), 5, "5 bytes follow the header, expected the 4"},
        Lie{"HoleAtTheFront", T("F32", "[1]", "[4,8]"), 8, "leave a hole before, expected to begin at 0"},
        Lie{"Overlap",
            R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
            R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
            6, "tensor 'b': data_offsets [2, 6] overlap the tensor before, expected to begin at 4"},
        Lie{"Hole",
            R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
            R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
            3, "tensor 'b': data_offsets [2, 3] leave a hole"},
        Lie{"TensorTwice",
            R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
            R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            2, "'a' stands twice"},
        Lie{"FieldTwice", R"({"w":{"dtype":"F32","dtype":"F32"}})", 0, "'dtype' stands twice"},
        Lie{"MetadataTwice", R"({"__metadata__":{},"__metadata__":{}})", 0, "'__metadata__' stands twice"},
        Lie{"MetadataKeyTwice", R"({"__metadata__":{"a":"1","a":"2"}})", 0, "'a' stands twice"},
        Lie{"MetadataNumber", R"({"__metadata__":{"epoch":3}})", 0, "__metadata__ 'epoch' is 3, expected a string"},
        Lie{"MetadataNested", R"({"__metadata__":{"a":{}}})", 0, "__metadata__ 'a' is an object"}),
    [](const auto& lie) { return lie.param.name; });
#undef T

TEST(SafetensorsHeader, LengthBeyondTheFile) {
  std::string content = safetensors_bytes("{}", 0);
  content[0] = 3;
  EXPECT_NE(message_of(ErrorKind::model, [&] { parse(content); }).find("claims 3 bytes, expected at most the 2"),
            std::string::npos);
}

TEST(SafetensorsHeader, LengthBeyondTheLimit) {
  std::string content(16, '\xff');
  EXPECT_NE(message_of(ErrorKind::model, [&] { parse(content); }).find("expected at most 100000000"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorKind::model, [] { parse("1234567"); }).find("7 bytes long"), std::string::npos);
}

TEST(SafetensorsHeader, AGitLfsPointerIsCalledOne) {
  const auto message =
      message_of(ErrorKind::model, [] { parse("version https://git-lfs.github.com/spec/v1\noid sha256:1"); });
  EXPECT_NE(message.find("git lfs pull"), std::string::npos) << message;
}

TEST(SafetensorsHeader, WhatTheReferenceAllowsIsRead) {
  EXPECT_TRUE(parse(safetensors_bytes("{}", 0)).tensors.empty());
  EXPECT_TRUE(parse(safetensors_bytes(R"({"__metadata__":null}  )", 0)).metadata.empty());
  const auto header =
      parse(safetensors_bytes(R"({"b":{"shape":[0,9],"dtype":"F32","data_offsets":[1,1]},)"
                              R"("a":{"dtype":"U8","more":[{"x":null}],"shape":[],"data_offsets":[0,1]}})",
                              1));
  EXPECT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors.at("b").begin, 1u);
  EXPECT_EQ(header.tensors.at("a").end, 1u);
}

TEST(SafetensorsHeader, DeepNestingIsNoStackOverflow) {
  const std::string header = R"({"a":{"x":)" + std::string(1 << 20, '[');
  EXPECT_NE(message_of(ErrorKind::model, [&] { parse(safetensors_bytes(header, 0)); }).find("no valid JSON"),
            std::string::npos);
}

// A file cut anywhere is refused: no prefix of a good file is a good file.
TEST(SafetensorsHeader, EveryTruncationIsRefused) {
  const std::string whole = slurp(std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/weights/dtypes.safetensors");
  ASSERT_FALSE(whole.empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
  }
  EXPECT_EQ(parse(whole).tensors.size(), 16u);
}

}  // namespace
}  // namespace strop
