#include "text/wordpiece.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

std::size_t count_characters(std::string_view word) {
  return static_cast<std::size_t>(
      std::count_if(word.begin(), word.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

// The tokens by id.
std::vector<std::string> ordered(VocabEntries vocab, const std::string& place) {
  const auto size = static_cast<std::int64_t>(vocab.size());
  if (size == 0) fail(ErrorKind::model, "{}: the vocabulary is empty; expected at least one token", place);
  std::vector<std::string> tokens(vocab.size());
  std::vector<bool> taken(vocab.size());
  for (auto& [token, id] : vocab) {
    if (id < 0 || id >= size) {
      fail(ErrorKind::model, "{}: '{}' has id {}, but the {} tokens must have the ids 0 to {} without a gap", place,
           excerpt(token), id, size, size - 1);
    }
    const auto at = static_cast<std::size_t>(id);
    if (taken[at]) {
      fail(ErrorKind::model, "{}: '{}' and '{}' have the same id {}; expected each id once", place, excerpt(tokens[at]),
           excerpt(token), id);
    }
    taken[at] = true;
    tokens[at] = std::move(token);
  }
  return tokens;
}

Trie make_trie(const std::vector<std::string>& tokens, const std::string& place) {
  std::vector<Trie::Entry> entries;
  entries.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) entries.emplace_back(tokens[id], static_cast<std::int32_t>(id));
  }
  std::sort(entries.begin(), entries.end());
  const auto twin = std::adjacent_find(entries.begin(), entries.end(),
                                       [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twin != entries.end()) {
    fail(ErrorKind::model, "{}: '{}' stands twice, with the ids {} and {}; expected each token once", place,
         excerpt(twin->first), twin->second, std::next(twin)->second);
  }
  return Trie(entries);
}

}  // namespace

WordPiece::WordPiece(VocabEntries vocab, const WordPieceOptions& options, const std::string& place)
    : tokens_(ordered(std::move(vocab), place)),
      trie_(make_trie(tokens_, place)),
      inside_(trie_.walk(Trie::kRoot, options.continuing_prefix)),
      unknown_(trie_.find(options.unknown)),
      max_characters_(options.max_characters) {
  if (unknown_ < 0) {
    fail(ErrorKind::model, "{}: the unknown token '{}' is not among the {} tokens; add it, or name another", place,
         excerpt(options.unknown), tokens_.size());
  }
}

void WordPiece::tokenize(std::string_view word, std::vector<Piece>& out) const {
  const std::size_t before = out.size();
  if (word.size() <= max_characters_ || count_characters(word) <= max_characters_) {
    std::size_t at = 0;
    while (at < word.size()) {
      const Trie::Node start = at == 0 ? Trie::kRoot : inside_;
      const auto match = start == Trie::kNone ? Trie::Match{} : trie_.longest(start, word.substr(at));
      if (match.size == 0) break;
      out.push_back({match.value, static_cast<std::int32_t>(at), static_cast<std::int32_t>(at + match.size)});
      at += match.size;
    }
    if (at == word.size()) return;
    out.resize(before);
  }
  out.push_back({unknown_, 0, static_cast<std::int32_t>(word.size())});
}

}  // namespace strop
