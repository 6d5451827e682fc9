// Small text tools: names, numbers with units, UTF-8. Nothing here allocates more than its result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

std::vector<std::string> split(std::string_view text, char separator);
// The lines of a file, numbered from its first; without a mark of byte order in front.
std::vector<std::string> split_lines(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string join_numbers(const std::vector<std::int64_t>& numbers, std::string_view separator = ", ");
std::string_view trim(std::string_view text);
std::string lower_ascii(std::string_view text);
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);

// Levenshtein distance in bytes; O(|a||b|).
std::size_t edit_distance(std::string_view a, std::string_view b);
// The candidate nearest to `name`, or "" where none is near enough to be meant (distance > 1/2 of its length).
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// "1.5 GiB", "312 MiB"; powers of 1024.
std::string human_bytes(double bytes);
// "1h 02m 03s", "2m 05s", "12.3s".
std::string human_duration(double seconds);
// "22.7 M", "6,920".
std::string human_count(double count);
// "4G", "512MiB", "1.5g", "1048576" -> bytes (powers of 1024). Throws Error(usage) naming `key`.
std::int64_t parse_bytes(std::string_view text, std::string_view key);
// "10m", "90s", "1.5h", "1h30m", "45" (seconds) -> seconds. Throws Error(usage) naming `key`.
double parse_duration(std::string_view text, std::string_view key);

// Decodes one code point at `at` and moves `at` behind it. A malformed sequence yields U+FFFD and moves past
// the maximal invalid prefix, exactly as Python's bytes.decode("utf-8", errors="replace") does.
char32_t decode_utf8(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);
bool is_valid_utf8(std::string_view text);
// The text with each malformed sequence replaced by U+FFFD (Python's errors="replace").
std::string repair_utf8(std::string_view text);

// The text with &, <, >, ", ' made safe for HTML.
std::string escape_html(std::string_view text);
// At most `limit` bytes of one line, cut at a code point and closed by an ellipsis: for error messages.
std::string excerpt(std::string_view text, std::size_t limit = 60);

}  // namespace strop
