#include "text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool in_ranges(const Range (&ranges)[N], char32_t c) {
  const auto* above = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                       [](char32_t value, const Range& range) { return value < range.first; });
  return above != std::begin(ranges) && c <= (above - 1)->last;
}

// Whether Unicode had the character in version `major`; what came later is unassigned to the reference's tables.
bool known_in(char32_t c, unsigned major) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] != 0 && age[0] <= major;
}

bool has_category(char32_t c, std::uint32_t mask) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0; }

// Versions of the reference's tables: crates unicode_categories, unicode-normalization-alignments, regex-syntax, and
// the standard library's case tables.
constexpr unsigned kCategoryVersion = 8, kNormalizationVersion = 9, kRegexVersion = 16, kCaseVersion = 17;

// Word characters that Unicode 15.1 and 16 added: an older ICU does not know them.
constexpr Range kNewWordCharacters[] = {{0x897, 0x897},     {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},
                                        {0x105C0, 0x105F3}, {0x10D40, 0x10D65}, {0x10D69, 0x10D6D}, {0x10D6F, 0x10D85},
                                        {0x10EC2, 0x10EC4}, {0x10EFC, 0x10EFC}, {0x11380, 0x11389}, {0x1138B, 0x1138B},
                                        {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113C0}, {0x113C2, 0x113C2},
                                        {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D3}, {0x113E1, 0x113E2},
                                        {0x116D0, 0x116E3}, {0x11BC0, 0x11BE0}, {0x11BF0, 0x11BF9}, {0x11F5A, 0x11F5A},
                                        {0x13460, 0x143FA}, {0x16100, 0x16139}, {0x16D40, 0x16D6C}, {0x16D70, 0x16D79},
                                        {0x18CFF, 0x18CFF}, {0x1CCF0, 0x1CCF9}, {0x1E5D0, 0x1E5FA}, {0x2EBF0, 0x2EE5D}};

// Capitals that Unicode 16 and 17 added, with the distance to their lower case.
struct CaseRange {
  char32_t first, last;
  std::int32_t distance;
};
constexpr CaseRange kNewCapitals[] = {{0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
                                      {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
                                      {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
                                      {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
                                      {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B}};

const UNormalizer2* normalizer(bool compatibility) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* instance = compatibility ? unorm2_getNFKCInstance(&error) : unorm2_getNFCInstance(&error);
  if (U_FAILURE(error)) fail(ErrorKind::internal, "ICU cannot give its normalization data: {}", u_errorName(error));
  return instance;
}

}  // namespace

bool is_unicode_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(c));
}

bool is_control(char32_t c) {
  if (c < 0x80) return c < 0x20 || c == 0x7F;
  return has_category(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && known_in(c, kCategoryVersion);
}

bool is_bert_punctuation(char32_t c) {
  if (c < 0x80) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  // Two characters that were punctuation in Unicode 8 and changed their category since.
  if (c == 0x166D || c == 0x111C9) return true;
  return has_category(c, U_GC_P_MASK) && known_in(c, kCategoryVersion);
}

bool is_nonspacing_mark(char32_t c) {
  if (c < 0x300) return false;
  // As above: 1734 was a non-spacing mark in Unicode 8, the other four were not.
  if (c == 0x1734) return true;
  if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
  return has_category(c, U_GC_MN_MASK) && known_in(c, kCategoryVersion);
}

bool is_combining_mark(char32_t c) {
  if (c < 0x300) return false;
  // As above, for Unicode 9.
  if (c == 0x1CF2 || c == 0x1CF3) return true;
  if (c == 0x111C9) return false;
  return has_category(c, U_GC_M_MASK) && known_in(c, kNormalizationVersion);
}

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
  if (in_ranges(kNewWordCharacters, c)) return true;
  const auto code = static_cast<UChar32>(c);
  const bool word = u_hasBinaryProperty(code, UCHAR_ALPHABETIC) || u_hasBinaryProperty(code, UCHAR_JOIN_CONTROL) ||
                    has_category(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK);
  return word && known_in(c, kRegexVersion);
}

bool is_cjk_ideograph(char32_t c) {
  constexpr Range kBlocks[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
                               {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
  return c >= 0x3400 && in_ranges(kBlocks, c);
}

std::size_t to_lower(char32_t c, char32_t out[2]) {
  out[0] = c;
  if (c < 0x80) {
    if (c >= 'A' && c <= 'Z') out[0] = c + 0x20;
    return 1;
  }
  if (c == 0x130) {  // capital I with dot: the one character with a longer lower case
    out[0] = 'i';
    out[1] = 0x307;
    return 2;
  }
  for (const auto& range : kNewCapitals) {
    if (c >= range.first && c <= range.last) {
      out[0] = static_cast<char32_t>(static_cast<std::int32_t>(c) + range.distance);
      return 1;
    }
  }
  const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  if (lower != c && known_in(c, kCaseVersion)) out[0] = lower;
  return 1;
}

std::size_t decompose(char32_t c, bool compatibility, char32_t out[kMaxDecomposition]) {
  out[0] = c;
  if (c < 0xA0) return 1;
  std::array<UChar, 2 * kMaxDecomposition> units;
  UErrorCode error = U_ZERO_ERROR;
  const auto size = unorm2_getDecomposition(normalizer(compatibility), static_cast<UChar32>(c), units.data(),
                                            static_cast<std::int32_t>(units.size()), &error);
  if (U_FAILURE(error) || size < 0 || !known_in(c, kNormalizationVersion)) return 1;
  std::size_t count = 0;
  for (std::int32_t at = 0; at < size && count < kMaxDecomposition;) {
    UChar32 part = 0;
    U16_NEXT(units.data(), at, size, part);
    out[count++] = static_cast<char32_t>(part);
  }
  return count;
}

unsigned char combining_class(char32_t c) {
  if (c < 0x300) return 0;
  const auto value = u_getCombiningClass(static_cast<UChar32>(c));
  return value != 0 && known_in(c, kNormalizationVersion) ? value : 0;
}

char32_t compose(char32_t first, char32_t second) {
  const UChar32 composed =
      unorm2_composePair(normalizer(false), static_cast<UChar32>(first), static_cast<UChar32>(second));
  if (composed < 0 || !known_in(static_cast<char32_t>(composed), kNormalizationVersion)) return 0;
  return static_cast<char32_t>(composed);
}

std::u32string decode_text(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) out += decode_utf8(utf8, at);
  return out;
}

}  // namespace strop
