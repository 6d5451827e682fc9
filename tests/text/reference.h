// Lines with what Transformers makes of them (tools/make_tokenizer_reference.py), and the comparison with ours.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "text/tokenizer.h"

namespace strop {

struct ReferenceLine {
  std::string text, pair, variant;
  bool has_pair = false;
  std::int64_t max_length = 0;
  Encoding expected;
};

// Calls `use` with each line; returns their number.
int for_each_line(const std::filesystem::path& file, const std::function<void(const ReferenceLine&)>& use);

// What differs between the tokenizer's answers (all three calls) and the line's, or "" where nothing does.
std::string difference(const Tokenizer& tokenizer, const ReferenceLine& line);

}  // namespace strop
