// Prints how fast the real tokenizer is; asserts no time, for a loaded machine must not fail a test.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>

#include "text/tokenizer.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_lines(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Of this process, which has one thread: other jobs on the machine do not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Runs over all lines for half a second; returns the tokens of one pass.
std::size_t print_rate(const char* what, const std::vector<std::string>& lines,
                       const std::function<std::size_t(const std::string&)>& count_tokens) {
  std::size_t tokens = 0, one_pass = 0;
  const double start = cpu_seconds();
  while (cpu_seconds() - start < 0.5) {
    one_pass = 0;
    for (const auto& line : lines) one_pass += count_tokens(line);
    tokens += one_pass;
  }
  std::printf("%-28s %6.2f million tokens/s\n", what, static_cast<double>(tokens) / (cpu_seconds() - start) / 1e6);
  return one_pass;
}

TEST(TokenizerSpeed, OneCore) {
  const char* assets = std::getenv("STROP_ASSETS");
  const char* data = std::getenv("STROP_DATA");
  const fs::path model = fs::path(assets != nullptr ? assets : "") / "all-MiniLM-L6-v2";
  const fs::path file =
      (data != nullptr ? fs::path(data) : fs::path(STROP_SOURCE_DIR) / "../shared") / "data/sst2/train.tsv";
  if (!fs::exists(model / "tokenizer.json"))
    GTEST_SKIP() << "no all-MiniLM-L6-v2 in the folder that STROP_ASSETS names";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file;

  const double start = cpu_seconds();
  const auto tokenizer = load_tokenizer(model);
  std::printf("%-28s %6.1f ms\n", "loading tokenizer.json", 1e3 * (cpu_seconds() - start));

  const auto lines = read_lines(file);
  constexpr std::int64_t kLimit = 512;
  std::vector<std::int32_t> ids;
  const auto count_ids = [&](const std::string& line) {
    ids.clear();
    tokenizer->encode_ids(line, kLimit, ids);
    return ids.size();
  };
  const auto count_encoded = [&](const std::string& line) { return tokenizer->encode(line, kLimit).ids.size(); };
  const auto tokens = print_rate("encode_ids, SST-2", lines, count_ids);
  EXPECT_EQ(print_rate("encode with offsets, SST-2", lines, count_encoded), tokens);
  auto accented = lines;
  for (auto& line : accented) line += " caf\u00e9";
  EXPECT_EQ(print_rate("encode_ids, not ASCII", accented, count_ids), tokens + lines.size());
}

}  // namespace
}  // namespace strop
