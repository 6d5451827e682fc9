// WordPiece (Schuster and Nakajima 2012; BERT): from the left, always the longest piece that the vocabulary has; pieces
// inside a word carry a prefix ("##"). A word that cannot be covered, or is too long, is one unknown token.
#pragma once

#include "text/model.h"
#include "text/trie.h"

namespace strop {

struct WordPieceOptions {
  std::string unknown = "[UNK]";
  std::string continuing_prefix = "##";
  std::size_t max_characters = 100;  // code points in a word
};

class WordPiece : public Model {
 public:
  // `place` names the vocabulary in errors: Error(model) for ids that are not 0..n-1, each once; a token given twice;
  // a vocabulary without the unknown token. Tokens that are empty (blank lines) keep their id but never match.
  WordPiece(VocabEntries vocab, const WordPieceOptions& options, const std::string& place);

  void tokenize(std::string_view word, std::vector<Piece>& out) const override;
  std::int32_t vocab_size() const override { return static_cast<std::int32_t>(tokens_.size()); }
  std::int32_t token_id(std::string_view token) const override { return trie_.find(token); }
  const std::string& token(std::int32_t id) const override { return tokens_[static_cast<std::size_t>(id)]; }

 private:
  std::vector<std::string> tokens_;
  Trie trie_;
  Trie::Node inside_ = Trie::kNone;  // where the continuing prefix leads
  std::int32_t unknown_ = -1;
  std::size_t max_characters_;
};

}  // namespace strop
