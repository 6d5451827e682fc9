#include "core/text.h"

#include "helpers.h"

namespace strop {
namespace {

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

TEST(Text, Utf8ReplacementAgreesWithPython) {
  std::ifstream table(std::filesystem::path(STROP_SOURCE_DIR) / "tests/core/utf8_replacement.txt");
  std::string bytes, replaced;
  int rows = 0;
  for (; table >> bytes >> replaced; ++rows) {
    EXPECT_EQ(repair_utf8(from_hex(bytes)), from_hex(replaced)) << bytes;
    EXPECT_EQ(is_valid_utf8(from_hex(bytes)), bytes == replaced) << bytes;
  }
  EXPECT_GT(rows, 500);
}

TEST(Text, EveryCodePointSurvives) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    std::size_t at = 0;
    ASSERT_EQ(decode_utf8(text, at), c);
    ASSERT_EQ(at, text.size());
  }
}

TEST(Text, SplitAndJoin) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Text, TrimAndCase) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(lower_ascii("ABz-É"), "abz-É");
  EXPECT_TRUE(starts_with("model.bin", "model") && !starts_with("mod", "model"));
  EXPECT_TRUE(ends_with("model.bin", ".bin") && !ends_with("n", "bin"));
}

TEST(Text, TheNearestName) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(nearest("leraning_rate", {"learning_rate", "lr_scheduler_type"}), "learning_rate");
  EXPECT_EQ(nearest("zzz", {"learning_rate", "seed"}), "");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(312.0 * 1048576), "312 MiB");
  EXPECT_EQ(human_duration(12.34), "12.3s");
  EXPECT_EQ(human_duration(125), "2m 05s");
  EXPECT_EQ(human_duration(3723), "1h 02m 03s");
  EXPECT_EQ(human_count(6920), "6,920");
  EXPECT_EQ(human_count(12), "12");
  EXPECT_EQ(human_count(22713216), "22.7 M");
}

// Found by this test: 59.96 rounded up inside its unit.
TEST(Text, ADurationRoundsIntoTheNextUnit) {
  EXPECT_EQ(human_duration(59.94), "59.9s");
  EXPECT_EQ(human_duration(59.96), "1m 00s");
  EXPECT_EQ(human_duration(3599.6), "1h 00m 00s");
}

TEST(Text, BytesAreParsed) {
  EXPECT_EQ(parse_bytes("4G", "memory"), 4LL << 30);
  EXPECT_EQ(parse_bytes("512MiB", "memory"), 512LL << 20);
  EXPECT_EQ(parse_bytes("1.5g", "memory"), 3LL << 29);
  EXPECT_EQ(parse_bytes(" 2 kb ", "memory"), 2048);
  EXPECT_EQ(parse_bytes("1048576", "memory"), 1048576);
  for (const char* text : {"", "G", "4X", "-1G", "4 G G", "nan", "inf", "1e30G", "four"}) {
    const auto message = message_of(ErrorKind::usage, [&] { parse_bytes(text, "memory"); });
    EXPECT_EQ(message.find("memory: '" + std::string(text) + "'"), 0u) << message;
  }
}

TEST(Text, DurationsAreParsed) {
  EXPECT_EQ(parse_duration("10m", "time"), 600);
  EXPECT_EQ(parse_duration("90s", "time"), 90);
  EXPECT_EQ(parse_duration("1.5h", "time"), 5400);
  EXPECT_EQ(parse_duration("1h30m", "time"), 5400);
  EXPECT_EQ(parse_duration("1h 30m 5", "time"), 5405);
  EXPECT_EQ(parse_duration("45", "time"), 45);
  EXPECT_EQ(parse_duration("2d", "time"), 172800);
  for (const char* text : {"", "m", "10x", "-5m", "1h30q", "soon"}) {
    const auto message = message_of(ErrorKind::usage, [&] { parse_duration(text, "time"); });
    EXPECT_EQ(message.find("time: '" + std::string(text) + "'"), 0u) << message;
  }
}

TEST(Text, HtmlIsMadeSafe) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(Text, ExcerptsAreShortAndOfOneLine) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt("a\nb\tc\x7F"), "a b c ");
  EXPECT_EQ(excerpt("世界世界", 4), "世界…");
  EXPECT_EQ(excerpt(std::string(100, 'x'), 3), "xxx…");
  EXPECT_EQ(excerpt("\xff"
                    "a"),
            "\xEF\xBF\xBD"
            "a");
}

}  // namespace
}  // namespace strop
