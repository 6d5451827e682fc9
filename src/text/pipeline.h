// The tokenizer that is put together from parts: added tokens, normalizer, pre-tokenizer, model, post-processor, in
// this order. Ids of an ASCII text are made in one pass over a table, without ICU: over 10 million tokens/s a core.
#pragma once

#include <array>
#include <memory>

#include "text/added_tokens.h"
#include "text/model.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"

namespace strop {

struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;  // may be null
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<Model> model;
  AddedTokens added;
  PostProcessor post;
  std::int32_t pad_id = 0;
  std::int32_t mask_id = -1;
  std::int64_t model_max_length = 0;
};

class PipelineTokenizer : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts);

  Encoding encode(std::string_view text, std::int64_t max_length) const override;
  Encoding encode_pair(std::string_view text, std::string_view pair, std::int64_t max_length) const override;
  bool encode_ids(std::string_view text, std::int64_t max_length, std::vector<std::int32_t>& ids) const override;

  std::int64_t vocab_size() const override { return vocab_size_; }
  std::int32_t pad_id() const override { return parts_.pad_id; }
  std::int32_t mask_id() const override { return parts_.mask_id; }
  std::string token(std::int32_t id) const override;
  std::int32_t token_id(std::string_view token) const override;
  std::int64_t model_max_length() const override { return parts_.model_max_length; }

 private:
  // Tokens of one text without special ones, with begin and end in code points of the text. They may stop as soon as
  // they are more than `enough`.
  std::vector<Piece> tokenize(std::string_view text, std::size_t enough) const;
  // The same for an ASCII text; begin and end are not of the text.
  std::vector<Piece> tokenize_ascii(std::string_view text, std::size_t enough) const;
  void tokenize_part(std::u32string_view text, std::size_t origin, std::size_t enough, std::vector<Piece>& out) const;
  void tokenize_words(const NormalizedText& text, const std::vector<Word>& words, std::size_t enough,
                      std::vector<Piece>& out) const;
  void make_ascii_table();

  TokenizerParts parts_;
  std::int64_t vocab_size_;
  bool ascii_ = false;  // the table below stands for normalizer and pre-tokenizer
  struct AsciiCharacter {
    char c = 0;
    bool deleted = false;
    CharClass kind = CharClass::run;
  };
  std::array<AsciiCharacter, 128> ascii_table_;
};

}  // namespace strop
