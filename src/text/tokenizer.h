// Tokenizers read from Hugging Face files (tokenizer.json, vocab.txt), equal to Transformers' AutoTokenizer call:
// the same ids, the same code-point offsets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

struct Encoding {
  std::vector<std::int32_t> ids;       // special tokens included
  std::vector<std::int32_t> type_ids;  // 0 for the first text, 1 for its pair
  // [begin, end) in code points of the text that the token came from; (0, 0) for special tokens.
  std::vector<std::pair<std::int32_t, std::int32_t>> offsets;
  bool truncated = false;  // tokens were dropped to fit max_length
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Encodes one text, or a pair (longest first is shortened). Malformed UTF-8 counts as U+FFFD. At most `max_length`
  // tokens, special ones included; no padding, whatever the file says. Error(usage) where max_length is less than the
  // number of special tokens. Thread-safe.
  virtual Encoding encode(std::string_view text, std::int64_t max_length) const = 0;
  virtual Encoding encode_pair(std::string_view text, std::string_view pair, std::int64_t max_length) const = 0;
  // As encode() without offsets and type ids, appended to `ids`; returns whether the text was truncated. The fast path.
  virtual bool encode_ids(std::string_view text, std::int64_t max_length, std::vector<std::int32_t>& ids) const = 0;

  // Added tokens included: may be more or less than the rows of a model's embedding.
  virtual std::int64_t vocab_size() const = 0;
  virtual std::int32_t pad_id() const = 0;   // 0 where there is none
  virtual std::int32_t mask_id() const = 0;  // -1 where there is none
  // The token's text as the vocabulary spells it; "" for an id outside.
  virtual std::string token(std::int32_t id) const = 0;
  virtual std::int32_t token_id(std::string_view token) const = 0;  // -1 where unknown
  // model_max_length of tokenizer_config.json, or 0 where it says none (values above 1e6 mean none).
  virtual std::int64_t model_max_length() const = 0;
};

// Reads the tokenizer of a model folder: tokenizer.json first, else vocab.txt, with tokenizer_config.json beside them.
// Error(model) naming the file and key for what is broken or not supported.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace strop
