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

std::vector<Piece> PipelineTokenizer::tokenize_ascii(std::string_view text, std::size_t enough) const {
  std::vector<Piece> out;
  out.reserve(text.size() / 4 + 8);
  std::string word;
  word.reserve(64);
  CharClass current = CharClass::dropped;
  for (const char byte : text) {
    const auto& entry = ascii_table_[static_cast<unsigned char>(byte)];
    if (entry.deleted) continue;
    if (entry.kind != current || entry.kind == CharClass::alone) {
      if (!word.empty()) parts_.model->tokenize(word, out);
      if (out.size() > enough) return out;
      word.clear();
      current = entry.kind;
    }
    if (entry.kind != CharClass::dropped) word += entry.c;
  }
  if (!word.empty()) parts_.model->tokenize(word, out);
  return out;
}

std::vector<Piece> PipelineTokenizer::tokenize(std::string_view text, std::size_t enough) const {
  std::vector<Piece> out;
  const std::u32string chars = decode_text(text);
  std::vector<AddedTokens::Part> parts;
  parts_.added.split_raw(chars, parts);
  for (const auto& [begin, end, id] : parts) {
    if (out.size() > enough) break;
    if (id >= 0) {
      out.push_back({id, static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end)});
    } else {
      tokenize_part(std::u32string_view(chars).substr(begin, end - begin), begin, enough, out);
    }
  }
  return out;
}

// Text between the added tokens that are looked for in the raw text.
void PipelineTokenizer::tokenize_part(std::u32string_view raw, std::size_t origin, std::size_t enough,
                                      std::vector<Piece>& out) const {
  NormalizedText text(raw, origin);
  if (parts_.normalizer) parts_.normalizer->normalize(text);
  std::vector<AddedTokens::Part> parts;
  parts_.added.split_normalized(text.chars, parts);
  std::vector<Word> words;
  for (const auto& [begin, end, id] : parts) {
    if (out.size() > enough) return;
    if (id >= 0) {
      out.push_back({id, text.spans[begin].begin, text.spans[end - 1].end});
    } else {
      words.clear();
      parts_.pre_tokenizer->split(text, begin, end, words);
      tokenize_words(text, words, enough, out);
    }
  }
}

void PipelineTokenizer::tokenize_words(const NormalizedText& text, const std::vector<Word>& words, std::size_t enough,
                                       std::vector<Piece>& out) const {
  std::string word;
  for (const auto& [first, last] : words) {
    if (out.size() > enough) return;
    word.clear();
    for (std::size_t i = first; i < last; ++i) append_utf8(word, text.chars[i]);
    std::size_t piece = out.size();
    parts_.model->tokenize(word, out);
    // From bytes of the word to code points of the given text. Pieces follow each other.
    std::size_t byte = 0, at = first;
    const auto advance = [&](std::int32_t to) {
      while (byte < static_cast<std::size_t>(to)) {
        ++at;
        for (++byte; byte < word.size() && (word[byte] & 0xC0) == 0x80;) ++byte;
      }
      return at;
    };
    for (; piece < out.size(); ++piece) {
      out[piece].begin = text.spans[advance(out[piece].begin)].begin;
      out[piece].end = text.spans[advance(out[piece].end) - 1].end;
    }
  }
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
  const auto pieces = tokenize(text, room);
  Encoding out;
  out.truncated = pieces.size() > room;
  for (const auto& part : parts_.post.single) append_part(part, pieces, std::min(pieces.size(), room), out);
  return out;
}

Encoding PipelineTokenizer::encode_pair(std::string_view text, std::string_view pair, std::int64_t max_length) const {
  const auto room = room_for_text(parts_.post.pair, max_length);
  // Which of the two is shortened depends on their full lengths.
  constexpr auto kAll = static_cast<std::size_t>(-1);
  const auto first = tokenize(text, kAll), second = tokenize(pair, kAll);
  const auto [first_count, second_count] = shorten_pair(first.size(), second.size(), room);
  Encoding out;
  out.truncated = first.size() + second.size() > room;
  for (const auto& part : parts_.post.pair) {
    const bool of_first = part.kind == TemplatePart::first_text;
    append_part(part, of_first ? first : second, of_first ? first_count : second_count, out);
  }
  return out;
}

bool PipelineTokenizer::encode_ids(std::string_view text, std::int64_t max_length,
                                   std::vector<std::int32_t>& ids) const {
  const auto room = room_for_text(parts_.post.single, max_length);
  const bool fast = ascii_ && is_ascii(text) && !parts_.added.may_occur(text);
  const auto pieces = fast ? tokenize_ascii(text, room) : tokenize(text, room);
  const auto count = std::min(pieces.size(), room);
  for (const auto& part : parts_.post.single) {
    ids.insert(ids.end(), part.ids.begin(), part.ids.end());
    if (part.kind == TemplatePart::special) continue;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(pieces[i].id);
  }
  return pieces.size() > room;
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
