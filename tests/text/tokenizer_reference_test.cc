// Equality with Transformers, line by line.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "reference.h"
#include "temp_folder.h"
#include "text/tokenizer.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kData = fs::path(STROP_SOURCE_DIR) / "tests/data/tokenizer";

json read_json(const fs::path& path) {
  std::ifstream in(path);
  return json::parse(in);
}

// Copies the named files that are there.
void copy_files(const fs::path& from, const fs::path& to, std::initializer_list<const char*> files) {
  for (const char* file : files) {
    if (fs::exists(from / file)) fs::copy_file(from / file, to / file);
  }
}

// Reports the first differences in full and counts the rest.
class Differences {
 public:
  void add(const ReferenceLine& line, const std::string& what) {
    if (what.empty()) return;
    if (++count_ <= 10) {
      ADD_FAILURE() << line.variant << " " << json(line.text).dump(-1, ' ', true, json::error_handler_t::replace)
                    << (line.has_pair ? " + " + json(line.pair).dump(-1, ' ', true) : "") << ": " << what;
    }
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

// The variants differ in whole parts: these replace, everything else is merged.
json with_patch(const json& base, const json& patch) {
  json out = base;
  for (const auto& [key, value] : patch.items()) {
    if (key == "model") out[key].merge_patch(value);
    else out[key] = value;
  }
  return out;
}

TEST(TokenizerReference, TinyTokenizerAndItsVariants) {
  const json base = read_json(kData / "tokenizer.json");
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  tokenizers[""] = load_tokenizer(kData);
  const json variants = read_json(kData / "variants.json");
  for (const auto& [name, patch] : variants.items()) {
    const TempFolder folder;
    folder.write("tokenizer.json", with_patch(base, patch).dump());
    tokenizers[name] = load_tokenizer(folder.path());
  }
  Differences differences;
  const int lines = for_each_line(kData / "reference.jsonl", [&](const ReferenceLine& line) {
    differences.add(line, difference(*tokenizers.at(line.variant), line));
  });
  EXPECT_EQ(differences.count(), 0);
  EXPECT_GE(lines, 250);
}

class RealModel : public testing::Test {
 protected:
  void SetUp() override {
    const char* assets = std::getenv("STROP_ASSETS");
    const char* reference = std::getenv("STROP_REFERENCE");
    model_ = fs::path(assets != nullptr ? assets : "") / "all-MiniLM-L6-v2";
    lines_ = fs::path(reference != nullptr ? reference : "") / "tokenizer_reference.jsonl";
    if (assets == nullptr || !fs::exists(model_ / "tokenizer.json")) {
      GTEST_SKIP() << "no all-MiniLM-L6-v2 in the folder that STROP_ASSETS names";
    }
    if (reference == nullptr || !fs::exists(lines_)) {
      GTEST_SKIP() << "no tokenizer_reference.jsonl in the folder that STROP_REFERENCE names; "
                      "make it with tools/make_tokenizer_reference.py full";
    }
  }

  void expect_equal(const Tokenizer& tokenizer) {
    Differences differences;
    const int lines =
        for_each_line(lines_, [&](const ReferenceLine& line) { differences.add(line, difference(tokenizer, line)); });
    EXPECT_EQ(differences.count(), 0) << "of " << lines << " lines";
    EXPECT_GE(lines, 1000);
  }

  fs::path model_, lines_;
};

TEST_F(RealModel, TokenizerJson) { expect_equal(*load_tokenizer(model_)); }

TEST_F(RealModel, VocabTxt) {
  const TempFolder folder;
  copy_files(model_, folder.path(), {"vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "config.json"});
  expect_equal(*load_tokenizer(folder.path()));
}

// A folder as `make_tokenizer_reference.py code-points` writes it.
TEST(TokenizerReference, EveryCodePoint) {
  const char* folder = std::getenv("STROP_CODE_POINTS");
  if (folder == nullptr) {
    GTEST_SKIP() << "STROP_CODE_POINTS names no folder made by tools/make_tokenizer_reference.py code-points";
  }
  for (const auto& one : fs::directory_iterator(folder)) {
    const auto tokenizer = load_tokenizer(one.path());
    Differences differences;
    for_each_line(one.path() / "reference.jsonl",
                  [&](const ReferenceLine& line) { differences.add(line, difference(*tokenizer, line)); });
    EXPECT_EQ(differences.count(), 0) << one.path();
  }
}

}  // namespace
}  // namespace strop
