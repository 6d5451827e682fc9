// Text augmentation: copies of a text with punctuation put in, or words swapped or dropped. Stored data never changes.
// Of a pair the first text alone is changed (TextSource).
//
// What to expect: a fine-tuned encoder gains little from it above a few hundred rows (Longpre et al. 2020, 2010.01764);
// AEDA (Karimi et al. 2021, 2108.13230) keeps all words and their order, EDA (Wei, Zou 2019, 1901.11196) does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

enum class TextOperation {
  aeda,         // 1 to n/3 marks of . ; ? : ! , before random words; in Chinese text ，。；？！ between characters
  random_swap,  // rate * n times (at least once) two random words change places
  random_delete  // each word is dropped with probability rate; one always stays
};

// The text after the operations. The same (seed, sample, view) gives the same text; `view` numbers the copies of a
// sample (cache view, or epoch). `text` is valid UTF-8, so is the result; words are text_units.h's; what lies between
// words is kept; a text of one word is left alone by swap and delete, an empty one by all. `rate`:
// options.augment_rate.
std::string augment_text(const std::vector<TextOperation>& operations, std::string_view text, double rate,
                         std::uint64_t seed, std::uint64_t sample, std::uint64_t view);

}  // namespace strop
