// The model of a tokenizer: cuts one word into pieces of the vocabulary. A new one (BPE, Unigram) is a file with a
// class and its reader, and a line in read_model().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strop {

struct Piece {
  std::int32_t id;
  std::int32_t begin, end;  // bytes of the word
};

class Model {
 public:
  virtual ~Model() = default;
  // Appends the pieces of `word` (UTF-8, not empty): at least one, in order, covering it. Thread-safe.
  virtual void tokenize(std::string_view word, std::vector<Piece>& out) const = 0;

  virtual std::int32_t vocab_size() const = 0;
  virtual std::int32_t token_id(std::string_view token) const = 0;  // -1 where unknown
  virtual const std::string& token(std::int32_t id) const = 0;      // id in [0, vocab_size())
};

// A token with its id, as the files list them, in any order.
using VocabEntries = std::vector<std::pair<std::string, std::int64_t>>;

}  // namespace strop
