// Character properties as the `tokenizers` package sees them: ICU's data, cut back to the Unicode version that each of
// its tables was made from, so that a newer ICU gives the same ids. Checked over all code points by
// tools/make_tokenizer_reference.py. Nothing here allocates but decompose().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strop {

bool is_unicode_space(char32_t c);     // White_Space
bool is_control(char32_t c);           // Cc, Cf, Co (Unicode 8)
bool is_bert_punctuation(char32_t c);  // ASCII symbols, and P* (Unicode 8)
bool is_nonspacing_mark(char32_t c);   // Mn (Unicode 8)
bool is_combining_mark(char32_t c);    // M* (Unicode 9)
bool is_word_character(char32_t c);    // \w of a Unicode regex (Unicode 16)
bool is_cjk_ideograph(char32_t c);     // the blocks that BERT splits into single characters

// The lower case of one character, independent of context and locale: one code point, but two for U+0130.
// Writes them to `out` and returns their number.
std::size_t to_lower(char32_t c, char32_t out[2]);

// Full canonical (or compatibility) decomposition of one code point, at most kMaxDecomposition of them (Unicode 9).
inline constexpr std::size_t kMaxDecomposition = 18;
std::size_t decompose(char32_t c, bool compatibility, char32_t out[kMaxDecomposition]);
unsigned char combining_class(char32_t c);
// The canonical composition of two code points, or 0 where there is none.
char32_t compose(char32_t first, char32_t second);

std::u32string decode_text(std::string_view utf8);

}  // namespace strop
