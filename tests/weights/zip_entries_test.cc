#include "weights/zip_entries.h"

#include "helpers.h"
#include "pickle_bytes.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

std::string message_of(const std::string& content) {
  return message_of(ErrorKind::model, [&] { read_zip_entries(content, "m.zip"); });
}

TEST(ZipEntries, FindsTheBytesOfEachName) {
  const auto content = zip_bytes({{"a/x", "one"}, {"a/y", ""}, {"b", "three"}});
  const auto entries = read_zip_entries(content, "m.zip");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries.at("a/x"), "one");
  EXPECT_EQ(entries.at("a/y"), "");
  EXPECT_EQ(entries.at("b"), "three");
  EXPECT_TRUE(read_zip_entries(zip_bytes({}), "m.zip").empty());
}

TEST(ZipEntries, ACommentMayFollow) {
  auto content = zip_bytes({{"a", "one"}});
  content[content.size() - 2] = 8;
  EXPECT_EQ(read_zip_entries(content + "a PK\5\6 b", "m.zip").at("a"), "one");
}

TEST(ZipEntries, ReadsZip64) {
  const auto content = slurp(fs::path(STROP_SOURCE_DIR) / "tests/data/weights/pickle/zip-64.pth");
  ASSERT_NE(content.find("PK\6\6"), std::string::npos);
  ASSERT_NE(content.find("PK\6\7"), std::string::npos);
  EXPECT_TRUE(read_zip_entries(content, "m.zip").contains("zip-views/data.pkl"));
}

TEST(ZipEntries, WhatTorchNeverWritesIsRefused) {
  EXPECT_NE(message_of(zip_bytes({{"a", "one"}}, 8)).find("is compressed (method 8)"), std::string::npos);
  EXPECT_NE(message_of(zip_bytes({{"a", "one"}, {"a", "two"}})).find("stands twice"), std::string::npos);
  auto encrypted = zip_bytes({{"a", "one"}});
  encrypted[encrypted.rfind("PK\1\2") + 8] = 1;
  EXPECT_NE(message_of(encrypted).find("is encrypted"), std::string::npos);
}

TEST(ZipEntries, OffsetsAndSizesThatLieAreErrors) {
  const auto good = zip_bytes({{"a", "one"}});
  const auto entry = good.rfind("PK\1\2"), end = good.rfind("PK\5\6");
  struct Change {
    std::size_t at;
    int width;
    std::uint64_t value;
    const char* message;
  };
  const Change changes[] = {{end + 8 + 2, 2, 60000, "claims 60000 entries"},
                            {end + 12, 4, 0x7FFFFFFF, "the zip directory lies at byte"},
                            {end + 16, 4, 0xFFFFFFFE, "the zip directory lies at byte"},
                            {end + 20, 2, 1, "has no zip directory"},
                            {entry, 4, 0, "the zip directory ends early"},
                            {entry + 28, 2, 0xFFFF, "the zip directory ends early"},
                            {entry + 20, 4, 4, "has 4 bytes stored and 3 when read"},
                            {entry + 42, 4, 0x7FFFFFFF, "a zip entry lies at byte"},
                            {entry + 42, 4, 1, "does not stand at byte 1"},
                            {26, 2, 0xFFFF, "the name of a zip entry lies at byte"},
                            {28, 2, 0xFFFF, "a zip entry lies at byte"}};
  for (const auto& change : changes) {
    auto damaged = good;
    damaged.replace(change.at, static_cast<std::size_t>(change.width), little(change.value, change.width));
    EXPECT_NE(message_of(damaged).find(change.message), std::string::npos) << message_of(damaged);
  }
  auto renamed = good;
  renamed[30] = 'b';
  EXPECT_NE(message_of(renamed).find("does not stand at byte 0"), std::string::npos);
}

}  // namespace
}  // namespace strop
