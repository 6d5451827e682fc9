// A text on its way through the normalizers: its characters as they are now, each with the code points of the given
// text that it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

// [begin, end) in code points of the given text.
struct Span {
  std::int32_t begin = 0;
  std::int32_t end = 0;
};

struct NormalizedText {
  std::u32string chars;
  std::vector<Span> spans;  // one for each of chars
  std::int32_t origin = 0;  // where this part begins in the given text

  NormalizedText(std::u32string_view text, std::size_t begin);

  // One step of a rewriting. `change` 0: the character replaces the next one; n < 0: it replaces the next one and the
  // -n behind it; 1: it is new and shares the span of the character before it.
  struct Change {
    char32_t c;
    int change;
  };
  void rewrite(const std::vector<Change>& changes);
};

}  // namespace strop
