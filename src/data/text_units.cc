#include "data/text_units.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "core/text.h"

namespace strop {
namespace {

enum class Kind { space, character, other };

struct Cluster {
  std::size_t begin, end;
  Kind kind;
};

bool is_east_asian(UChar32 code_point) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(code_point, &status);
  const bool wide_mark = code_point >= 0x3000 && u_ispunct(code_point);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || wide_mark;
}

Kind kind_of(std::string_view cluster) {
  std::size_t at = 0;
  const auto first = static_cast<UChar32>(decode_utf8(cluster, at));
  if (is_east_asian(first)) return Kind::character;
  // A space that carries a combining mark is no place to part a text.
  bool space = u_isUWhiteSpace(first);
  while (space && at < cluster.size()) space = u_isUWhiteSpace(static_cast<UChar32>(decode_utf8(cluster, at)));
  return space ? Kind::space : Kind::other;
}

icu::BreakIterator& character_iterator() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU has no character data: ") + u_errorName(status));
    return made;
  }();
  return *iterator;
}

std::vector<Cluster> split_clusters(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  UText* opened = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
  icu::BreakIterator& iterator = character_iterator();
  iterator.setText(opened, status);
  std::vector<Cluster> clusters;
  std::size_t begin = 0;
  for (auto next = iterator.next(); next != icu::BreakIterator::DONE; next = iterator.next()) {
    const auto end = static_cast<std::size_t>(next);
    clusters.push_back({begin, end, kind_of(text.substr(begin, end - begin))});
    begin = end;
  }
  utext_close(opened);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU can't split a text: ") + u_errorName(status));
  return clusters;
}

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\x1C' || (c > '\x1C' && c < ' '); }

TextUnits split_ascii(std::string_view text) {
  TextUnits result;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_ascii_space(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_ascii_space(text[at])) ++at;
    if (at > begin) result.units.push_back({begin, at});
  }
  return result;
}

}  // namespace

TextUnits split_units(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return split_ascii(text);
  }
  const std::vector<Cluster> clusters = split_clusters(text);
  std::int64_t characters = 0, others = 0;
  Kind before = Kind::space;
  for (const auto& cluster : clusters) {
    characters += cluster.kind == Kind::character;
    others += cluster.kind == Kind::other && before != Kind::other;  // a word of letters weighs as one character
    before = cluster.kind;
  }
  TextUnits result;
  result.characters = characters > others;
  bool open = false;  // whether the last unit may grow
  for (const auto& cluster : clusters) {
    const bool alone = result.characters && cluster.kind == Kind::character;
    if (cluster.kind != Kind::space && open && !alone) {
      result.units.back().end = cluster.end;
    } else if (cluster.kind != Kind::space) {
      result.units.push_back({cluster.begin, cluster.end});
    }
    open = cluster.kind != Kind::space && !alone;
  }
  return result;
}

std::int64_t count_words(std::string_view text) { return static_cast<std::int64_t>(split_units(text).units.size()); }

}  // namespace strop
