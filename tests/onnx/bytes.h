// Bytes as one writes them down: pairs of hexadecimal digits, and texts between quotes.
#pragma once

#include <string>
#include <string_view>

namespace strop {

// bytes("0a 03 'abc' ff"): spaces mean nothing.
inline std::string bytes(std::string_view notation) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string result;
  for (std::size_t i = 0; i < notation.size();) {
    if (notation[i] == ' ') {
      ++i;
    } else if (notation[i] == '\'') {
      const auto end = notation.find('\'', i + 1);
      result += notation.substr(i + 1, end - i - 1);
      i = end + 1;
    } else {
      result += static_cast<char>(digit(notation[i]) << 4 | digit(notation[i + 1]));
      i += 2;
    }
  }
  return result;
}

}  // namespace strop
