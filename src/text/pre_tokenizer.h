// Pre-tokenizers: where a normalized text is cut into words. Those that look at single characters are classifiers; a
// sequence of them is one again.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "text/json_node.h"
#include "text/normalized_text.h"

namespace strop {

// Neighbouring characters of the same class stay together, except those that are dropped or stand alone.
enum class CharClass : std::uint8_t { dropped, alone, run };  // run + n: further kinds of runs

using Word = std::pair<std::size_t, std::size_t>;  // [begin, end) in characters of the normalized text

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Cuts the characters [begin, end) of `text` and appends the words, none of them empty. Thread-safe.
  virtual void split(const NormalizedText& text, std::size_t begin, std::size_t end, std::vector<Word>& out) const = 0;
  // Where each character is treated alone: fills the classes of the 128 ASCII characters and returns true.
  virtual bool classify_ascii(CharClass classes[128]) const = 0;
};

// The value of tokenizer.json's key "pre_tokenizer". null: the whole text is one word. Error(model) for a type that is
// not supported.
std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonNode& node);
std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();

}  // namespace strop
