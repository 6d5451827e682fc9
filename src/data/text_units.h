// A text as a row of units that may be moved, dropped or parted from each other: whitespace-separated words, or, where
// most of the text is Chinese or Japanese, single characters (and the words of other scripts among them).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strop {

// A unit's bytes in the text. What lies between units is whitespace, or nothing.
struct TextUnit {
  std::size_t begin = 0, end = 0;
};

struct TextUnits {
  std::vector<TextUnit> units;
  bool characters = false;  // mostly Han, Hiragana, Katakana: units are characters
};

// `text` is valid UTF-8. Grapheme clusters (UAX 29: combining marks, ZWJ sequences, flags) are never split. ASCII costs
// one pass; other text goes through ICU, some 20 MB/s.
TextUnits split_units(std::string_view text);

// The number of units: a length in words that fits both kinds of script.
std::int64_t count_words(std::string_view text);

}  // namespace strop
