#include "text/normalized_text.h"

namespace strop {

NormalizedText::NormalizedText(std::u32string_view text, std::size_t begin)
    : chars(text), spans(text.size()), origin(static_cast<std::int32_t>(begin)) {
  std::int32_t at = origin;
  for (auto& span : spans) {
    span = {at, at + 1};
    ++at;
  }
}

void NormalizedText::rewrite(const std::vector<Change>& changes) {
  std::u32string new_chars;
  std::vector<Span> new_spans;
  new_chars.reserve(changes.size());
  new_spans.reserve(changes.size());
  std::size_t next = 0;  // first character not yet replaced
  for (const auto& [c, change] : changes) {
    new_chars += c;
    if (change > 0) {
      new_spans.push_back(next == 0 ? Span{origin, origin} : spans[next - 1]);
    } else {
      new_spans.push_back(spans[next]);
      next += 1 + static_cast<std::size_t>(-change);
    }
  }
  chars = std::move(new_chars);
  spans = std::move(new_spans);
}

}  // namespace strop
