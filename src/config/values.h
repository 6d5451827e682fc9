// Text <-> the values of the schema's types.
//
// Parsers throw Error(usage) that says what was expected and found; the caller adds the key and the place. What a
// *_text function writes, the parser of the same type reads back to the same value, doubles to the last bit.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

// Which numbers are allowed: an interval with open or closed ends.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;

  bool holds(double value) const;
  std::string text() const;  // ">= 1", "in (0, 1]"; "" where everything is allowed
};

constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range share() { return {.low = 0, .high = 1}; }                                    // [0, 1]
constexpr Range fraction() { return {.low = 0, .high = 1, .low_open = true}; }               // (0, 1]
constexpr Range rate(double low = 0) { return {.low = low, .high = 1, .high_open = true}; }  // [low, 1)

std::int64_t parse_integer(std::string_view text, const Range& range);
double parse_number(std::string_view text, const Range& range);
bool parse_boolean(std::string_view text);  // true/false, yes/no, on/off, 1/0
// As many numbers as one of `counts` says, between commas.
std::vector<double> parse_numbers(std::string_view text, const std::vector<std::size_t>& counts, const Range& range);
// `text` where it is among `choices`, else what `spellings` make of it (another tool's word -> ours). A choice that
// ends in * stands for every word with that beginning.
std::string parse_choice(const std::string& text, const std::vector<std::string>& choices,
                         const std::map<std::string, std::string>& spellings = {});

// "a,b", "[a, b]" or "" (empty). Commas inside brackets do not separate, so that one regular expression stays whole.
std::vector<std::string> parse_list(std::string_view text);
// "text=review,label=stars", "{text: review}" or "" (empty). A name given twice is an error.
std::map<std::string, std::string> parse_map(std::string_view text);

std::string number_text(double value);
std::string boolean_text(bool value);
std::string list_text(const std::vector<std::string>& items);
std::string map_text(const std::map<std::string, std::string>& items);

}  // namespace strop
