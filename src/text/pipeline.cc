#include "text/pipeline.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "text/unicode.h"

namespace strop {
namespace {

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char byte : text) seen |= static_cast<unsigned char>(byte);
  return seen < 0x80;
}

// Tokens that are left for the texts beside the special ones.
std::size_t room_for_text(const std::vector<TemplatePart>& row, std::int64_t max_length) {
  const auto added = added_count(row);
  if (max_length < added) {
    fail(ErrorKind::usage, "max_length: found {}, expected at least {}, the number of special tokens in a row",
         max_length, added);
  }
  return static_cast<std::size_t>(max_length - added);
}

}  // namespace

// Collects pieces until the limit is reached. As in the reference, the limit is looked at after each word of text, and
// an added token never closes the row: where the two texts of a pair are both cut, their lengths depend on it.
class PipelineTokenizer::Filling {
 public:
  Filling(Row& row, std::size_t limit) : row_(row), limit_(limit) {}

  // Each returns whether the row goes on.
  bool add_token(std::int32_t id, std::int32_t begin, std::int32_t end) {
    if (full_) return leave();
    row_.pieces.push_back({id, begin, end});
    return true;
  }
  bool add_word(const Model& model, std::string_view word) {
    if (full_) return leave();
    model.tokenize(word, row_.pieces);
    full_ = row_.pieces.size() >= limit_;
    return true;
  }
  std::vector<Piece>& pieces() { return row_.pieces; }

 private:
  bool leave() {
    row_.more = true;
    return false;
  }

  Row& row_;
  std::size_t limit_;
  bool full_ = false;
};

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts)
    : parts_(std::move(parts)), vocab_size_(parts_.model->vocab_size()) {
  for (const auto& token : parts_.added.tokens()) vocab_size_ = std::max<std::int64_t>(vocab_size_, token.id + 1);
  make_ascii_table();
}

void PipelineTokenizer::make_ascii_table() {
  CharClass classes[128];
  if (parts_.added.any_normalized() || !parts_.pre_tokenizer->classify_ascii(classes)) return;
  if (parts_.normalizer && !parts_.normalizer->ascii_by_character()) return;
  for (char32_t c = 0; c < 128; ++c) {
    NormalizedText one(std::u32string_view(&c, 1), 0);
    if (parts_.normalizer) parts_.normalizer->normalize(one);
    auto& entry = ascii_table_[c];
    entry.deleted = one.chars.empty();
    if (entry.deleted) continue;
    if (one.chars.size() > 1 || one.chars[0] >= 128) return;
    entry.c = static_cast<char>(one.chars[0]);
    entry.kind = classes[one.chars[0]];
  }
  ascii_ = true;
}

PipelineTokenizer::Row PipelineTokenizer::tokenize_ascii(std::string_view text, std::size_t limit) const {
  Row row;
  row.pieces.reserve(text.size() / 4 + 8);
  Filling filling(row, limit);
  std::string word;
  word.reserve(64);
  CharClass current = CharClass::dropped;
  const auto flush = [&] {
    const bool goes_on = word.empty() || filling.add_word(*parts_.model, word);
    word.clear();
    return goes_on;
  };
  for (const char byte : text) {
    const auto& entry = ascii_table_[static_cast<unsigned char>(byte)];
    if (entry.deleted) continue;
    if (entry.kind != current || entry.kind == CharClass::alone) {
      if (!flush()) return row;
      current = entry.kind;
    }
    if (entry.kind != CharClass::dropped) word += entry.c;
  }
  flush();
  return row;
}

PipelineTokenizer::Row PipelineTokenizer::tokenize(std::string_view text, std::size_t limit) const {
  Row row;
  Filling filling(row, limit);
  const std::u32string chars = decode_text(text);
  std::vector<AddedTokens::Part> parts;
  parts_.added.split_raw(chars, parts);
  for (const auto& [begin, end, id] : parts) {
    const bool goes_on = id >= 0
                             ? filling.add_token(id, static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end))
                             : tokenize_part(std::u32string_view(chars).substr(begin, end - begin), begin, filling);
    if (!goes_on) break;
  }
  return row;
}

// Text between the raw added tokens; false where the row is full.
bool PipelineTokenizer::tokenize_part(std::u32string_view raw, std::size_t origin, Filling& filling) const {
  NormalizedText text(raw, origin);
  if (parts_.normalizer) parts_.normalizer->normalize(text);
  std::vector<AddedTokens::Part> parts;
  parts_.added.split_normalized(text.chars, parts);
  std::vector<Word> words;
  std::string word;
  for (const auto& [begin, end, id] : parts) {
    if (id >= 0) {
      if (!filling.add_token(id, text.spans[begin].begin, text.spans[end - 1].end)) return false;
      continue;
    }
    words.clear();
    parts_.pre_tokenizer->split(text, begin, end, words);
    for (const auto& [first, last] : words) {
      word.clear();
      for (std::size_t i = first; i < last; ++i) append_utf8(word, text.chars[i]);
      auto& pieces = filling.pieces();
      std::size_t piece = pieces.size();
      if (!filling.add_word(*parts_.model, word)) return false;
      // From bytes of the word to code points of the given text. Pieces follow each other.
      std::size_t byte = 0, at = first;
      const auto advance = [&](std::int32_t to) {
        while (byte < static_cast<std::size_t>(to)) {
          ++at;
          for (++byte; byte < word.size() && (word[byte] & 0xC0) == 0x80;) ++byte;
        }
        return at;
      };
      for (; piece < pieces.size(); ++piece) {
        pieces[piece].begin = text.spans[advance(pieces[piece].begin)].begin;
        pieces[piece].end = text.spans[advance(pieces[piece].end) - 1].end;
      }
    }
  }
  return true;
}

namespace {

void append_part(const TemplatePart& part, const std::vector<Piece>& pieces, std::size_t count, Encoding& out) {
  for (const auto id : part.ids) {
    out.ids.push_back(id);
    out.offsets.emplace_back(0, 0);
  }
  if (part.kind != TemplatePart::special) {
    for (std::size_t i = 0; i < count; ++i) {
      out.ids.push_back(pieces[i].id);
      out.offsets.emplace_back(pieces[i].begin, pieces[i].end);
    }
  }
  out.type_ids.resize(out.ids.size(), part.type_id);
}

}  // namespace

Encoding PipelineTokenizer::encode(std::string_view text, std::int64_t max_length) const {
  const auto room = room_for_text(parts_.post.single, max_length);
  const Row row = tokenize(text, static_cast<std::size_t>(max_length));
  Encoding out;
  out.truncated = row.more || row.pieces.size() > room;
  const auto count = std::min(row.pieces.size(), room);
  for (const auto& part : parts_.post.single) append_part(part, row.pieces, count, out);
  return out;
}

Encoding PipelineTokenizer::encode_pair(std::string_view text, std::string_view pair, std::int64_t max_length) const {
  const auto room = room_for_text(parts_.post.pair, max_length);
  const Row first = tokenize(text, static_cast<std::size_t>(max_length));
  const Row second = tokenize(pair, static_cast<std::size_t>(max_length));
  const auto [first_count, second_count] = shorten_pair(first.pieces.size(), second.pieces.size(), room);
  Encoding out;
  out.truncated = first.more || second.more || first.pieces.size() + second.pieces.size() > room;
  for (const auto& part : parts_.post.pair) {
    const bool of_first = part.kind == TemplatePart::first_text;
    append_part(part, of_first ? first.pieces : second.pieces, of_first ? first_count : second_count, out);
  }
  return out;
}

bool PipelineTokenizer::encode_ids(std::string_view text, std::int64_t max_length,
                                   std::vector<std::int32_t>& ids) const {
  const auto room = room_for_text(parts_.post.single, max_length);
  const auto limit = static_cast<std::size_t>(max_length);
  const bool fast = ascii_ && is_ascii(text) && !parts_.added.may_occur(text);
  const Row row = fast ? tokenize_ascii(text, limit) : tokenize(text, limit);
  const auto count = std::min(row.pieces.size(), room);
  for (const auto& part : parts_.post.single) {
    ids.insert(ids.end(), part.ids.begin(), part.ids.end());
    if (part.kind == TemplatePart::special) continue;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(row.pieces[i].id);
  }
  return row.more || row.pieces.size() > room;
}

std::string PipelineTokenizer::token(std::int32_t id) const {
  for (const auto& added : parts_.added.tokens()) {
    if (added.id == id) return added.content;
  }
  return id >= 0 && id < parts_.model->vocab_size() ? parts_.model->token(id) : "";
}

std::int32_t PipelineTokenizer::token_id(std::string_view token) const {
  const auto added = parts_.added.id(token);
  return added >= 0 ? added : parts_.model->token_id(token);
}

}  // namespace strop
