// Reads the JSON files of a tokenizer. Error(model) naming the file where it is missing, no JSON, or larger than any
// tokenizer is.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "text/model.h"

namespace strop {

// The largest tokenizer files known have 35 MB.
inline constexpr std::uint64_t kMaxTokenizerBytes = 64ULL << 20;

std::string read_tokenizer_file(const std::filesystem::path& path);

nlohmann::json parse_json(std::string_view text, const std::string& file);

// As parse_json(), but the members of the object model.vocab go to `vocab` (30,000 and more of them: a flat row is
// several times faster than a JSON object, and shows a token that stands twice); the object itself stays empty.
nlohmann::json parse_tokenizer_json(std::string_view text, const std::string& file, VocabEntries& vocab);

}  // namespace strop
