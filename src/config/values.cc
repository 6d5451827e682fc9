#include "config/values.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

[[noreturn]] void fail_expected(const std::string& what, std::string_view found) {
  fail(ErrorKind::usage, "expected {}, found '{}'", what, excerpt(found));
}

std::string with_range(const std::string& what, const Range& range) {
  const auto text = range.text();
  return text.empty() ? what : what + " " + text;
}

// Splits at commas that are not inside brackets of any kind or behind a backslash.
std::vector<std::string> split_outside_brackets(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      parts.back() += c;
      parts.back() += text[++i];
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && depth <= 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (auto& part : parts) part = std::string(trim(part));
  return parts;
}

// The first '=' that is not inside brackets (a look-ahead (?=...) in a pattern is).
std::size_t find_equals(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(' || text[i] == '[' || text[i] == '{') {
      ++depth;
    } else if (text[i] == ')' || text[i] == ']' || text[i] == '}') {
      --depth;
    } else if (text[i] == '=' && depth <= 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

YAML::Node load_flow(std::string_view text, const std::string& what) {
  try {
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception&) {
    fail_expected(what, text);
  }
}

// "[a, b]" is a list; "[0-9]+" and "[ab][cd]" are patterns.
bool is_bracketed_list(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  return starts_with(text, "[\"") || text.substr(1, text.size() - 2).find_first_of("[]") == std::string_view::npos;
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void insert_once(std::map<std::string, std::string>& items, const std::string& name, const std::string& value) {
  if (!items.emplace(name, value).second) fail(ErrorKind::usage, "'{}' is given twice", name);
}

}  // namespace

bool Range::holds(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  if (std::isinf(low) && std::isinf(high)) return "";
  if (std::isinf(high)) return fmt::format("{} {}", low_open ? ">" : ">=", low);
  if (std::isinf(low)) return fmt::format("{} {}", high_open ? "<" : "<=", high);
  return fmt::format("in {}{}, {}{}", low_open ? "(" : "[", low, high, high_open ? ")" : "]");
}

std::int64_t parse_integer(std::string_view text, const Range& range) {
  const auto expected = with_range("a whole number", range);
  const auto digits = trim(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) fail_expected(expected, text);
  if (!range.holds(static_cast<double>(value))) fail_expected(expected, text);
  return value;
}

double parse_number(std::string_view text, const Range& range) {
  const auto expected = with_range("a number", range);
  const auto digits = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) fail_expected(expected, text);
  if (!std::isfinite(value) || !range.holds(value)) fail_expected(expected, text);
  return value;
}

bool parse_boolean(std::string_view text) {
  const auto word = lower_ascii(trim(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  fail_expected("true or false", text);
}

std::vector<double> parse_numbers(std::string_view text, const std::vector<std::size_t>& counts, const Range& range) {
  const auto parts = split(text, ',');
  if (std::find(counts.begin(), counts.end(), parts.size()) == counts.end()) {
    fail_expected(fmt::format("{} numbers as 0.5,0.5,0.5", fmt::join(counts, " or ")), text);
  }
  std::vector<double> numbers;
  for (const auto& part : parts) numbers.push_back(parse_number(part, range));
  return numbers;
}

std::string parse_choice(const std::string& text, const std::vector<std::string>& choices,
                         const std::map<std::string, std::string>& spellings) {
  const std::string word(trim(text));
  for (const auto& choice : choices) {
    const bool open = ends_with(choice, "*");
    if (open ? starts_with(word, choice.substr(0, choice.size() - 1)) : word == choice) return word;
  }
  if (const auto ours = spellings.find(word); ours != spellings.end()) return ours->second;
  const auto near = nearest(word, choices);
  fail(ErrorKind::usage, "expected one of {}, found '{}'{}", join(choices, ", "), excerpt(word),
       near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

std::vector<std::string> parse_list(std::string_view text) {
  const auto inner = trim(text);
  if (inner.empty()) return {};
  if (!is_bracketed_list(inner)) {
    auto items = split_outside_brackets(inner);
    for (const auto& item : items) {
      if (item.empty()) fail_expected("a list such as a,b", text);
    }
    return items;
  }
  std::vector<std::string> items;
  for (const auto& node : load_flow(inner, "a list such as a,b")) {
    if (!node.IsScalar()) fail_expected("a list such as a,b", text);
    items.push_back(node.Scalar());
  }
  return items;
}

std::map<std::string, std::string> parse_map(std::string_view text) {
  const std::string expected = "pairs such as a=1,b=2";
  const auto inner = trim(text);
  std::map<std::string, std::string> items;
  if (inner.empty()) return items;
  if (inner.front() == '{' && inner.back() == '}') {
    const auto node = load_flow(inner, expected);
    if (!node.IsMap()) fail_expected(expected, text);
    for (const auto& pair : node) {
      if (!pair.first.IsScalar() || !pair.second.IsScalar()) fail_expected(expected, text);
      insert_once(items, pair.first.Scalar(), pair.second.Scalar());
    }
    return items;
  }
  for (const auto& part : split_outside_brackets(inner)) {
    const auto equals = find_equals(part);
    if (equals == std::string::npos || equals == 0) fail_expected(expected, text);
    insert_once(items, std::string(trim(part.substr(0, equals))), std::string(trim(part.substr(equals + 1))));
  }
  return items;
}

std::string number_text(double value) { return fmt::format("{}", value); }

std::string boolean_text(bool value) { return value ? "true" : "false"; }

std::string list_text(const std::vector<std::string>& items) {
  const auto plain = join(items, ",");
  const bool empty_item = std::find(items.begin(), items.end(), "") != items.end();
  if (!empty_item && parse_list(plain) == items) return plain;
  return json_text(items);
}

std::string map_text(const std::map<std::string, std::string>& items) {
  if (items.empty()) return "";
  std::vector<std::string> parts;
  bool plain = true;
  for (const auto& [name, value] : items) {
    const auto part = name + "=" + value;
    plain = plain && find_equals(part) == name.size() && split_outside_brackets(part).size() == 1 &&
            trim(name) == name && trim(value) == value && !name.empty();
    parts.push_back(part);
  }
  const auto text = join(parts, ",");
  if (plain && !starts_with(text, "{") && split_outside_brackets(text) == parts) return text;
  return json_text(items);
}

}  // namespace strop
