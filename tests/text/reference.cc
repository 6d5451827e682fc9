#include "reference.h"

#include <fmt/ranges.h>

#include <fstream>

namespace strop {
namespace {

using nlohmann::json;

constexpr std::int64_t kNoLimit = 1 << 30;

std::string decode_base64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(kDigits.find(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

ReferenceLine read(const json& record) {
  ReferenceLine line;
  line.text = record.contains("text") ? record["text"].get<std::string>()
                                      : decode_base64(record.at("base64").get<std::string>());
  line.has_pair = record.contains("pair");
  line.pair = record.value("pair", "");
  line.variant = record.value("variant", "");
  line.max_length = record.value("max_length", kNoLimit);
  line.expected.ids = record.at("ids").get<std::vector<std::int32_t>>();
  const auto places = record.at("offsets").get<std::vector<std::int32_t>>();
  for (std::size_t i = 0; i + 1 < places.size(); i += 2) line.expected.offsets.emplace_back(places[i], places[i + 1]);
  line.expected.type_ids = record.value("type_ids", std::vector<std::int32_t>(line.expected.ids.size()));
  line.expected.truncated = record.value("truncated", false);
  return line;
}

}  // namespace

int for_each_line(const std::filesystem::path& file, const std::function<void(const ReferenceLine&)>& use) {
  std::ifstream in(file, std::ios::binary);
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) use(read(json::parse(line)));
  return count;
}

std::string difference(const Tokenizer& tokenizer, const ReferenceLine& line) {
  const auto got = line.has_pair ? tokenizer.encode_pair(line.text, line.pair, line.max_length)
                                 : tokenizer.encode(line.text, line.max_length);
  const auto& want = line.expected;
  if (got.ids != want.ids) return fmt::format("ids {} instead of {}", got.ids, want.ids);
  if (got.offsets != want.offsets) return fmt::format("offsets {} instead of {}", got.offsets, want.offsets);
  if (got.type_ids != want.type_ids) return fmt::format("type_ids {} instead of {}", got.type_ids, want.type_ids);
  if (got.truncated != want.truncated) return fmt::format("truncated {}", got.truncated);
  if (line.has_pair) return "";
  std::vector<std::int32_t> ids;
  const bool truncated = tokenizer.encode_ids(line.text, line.max_length, ids);
  if (ids != want.ids) return fmt::format("encode_ids {} instead of {}", ids, want.ids);
  return truncated == want.truncated ? "" : fmt::format("encode_ids says truncated {}", truncated);
}

}  // namespace strop
