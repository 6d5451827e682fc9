#include "text/added_tokens.h"

#include <algorithm>

#include "core/text.h"
#include "text/unicode.h"

namespace strop {

AddedToken read_added_token(const JsonNode& node, bool complete) {
  const auto flag = [&](std::string_view key, bool otherwise) {
    if (complete) return node.at(key).as_bool();
    const auto found = node.find(key);
    return found ? found->as_bool() : otherwise;
  };
  AddedToken token;
  token.content = node.at("content").as_string();
  token.special = flag("special", false);
  token.single_word = flag("single_word", false);
  token.lstrip = flag("lstrip", false);
  token.rstrip = flag("rstrip", false);
  token.normalized = flag("normalized", !token.special);
  return token;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer) : tokens_(std::move(tokens)) {
  std::vector<std::pair<std::string, std::int32_t>> raw, normalized;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto& token = tokens_[i];
    std::string pattern = token.content;
    if (token.normalized && normalizer != nullptr) {
      NormalizedText text(decode_text(token.content), 0);
      normalizer->normalize(text);
      pattern.clear();
      for (const char32_t c : text.chars) append_utf8(pattern, c);
    }
    if (!pattern.empty()) (token.normalized ? normalized : raw).emplace_back(pattern, static_cast<std::int32_t>(i));
  }
  raw_ = make_matcher(raw);
  normalized_ = make_matcher(normalized);
}

AddedTokens::Matcher AddedTokens::make_matcher(
    const std::vector<std::pair<std::string, std::int32_t>>& patterns) const {
  std::vector<Trie::Entry> entries(patterns.begin(), patterns.end());
  std::sort(entries.begin(), entries.end());
  // Two tokens may normalize to one pattern: the first stands for both.
  entries.erase(
      std::unique(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
      entries.end());
  Matcher matcher;
  matcher.trie = Trie(entries);
  matcher.any = !entries.empty();
  for (const auto& [pattern, index] : entries) matcher.first_bytes[static_cast<unsigned char>(pattern.front())] = true;
  return matcher;
}

AddedTokens::Match AddedTokens::match(const Matcher& matcher, std::u32string_view text, std::size_t at) {
  Match best;
  Trie::Node node = Trie::kRoot;
  std::string bytes;
  for (std::size_t i = at; i < text.size(); ++i) {
    bytes.clear();
    append_utf8(bytes, text[i]);
    if (i == at && !matcher.first_bytes[static_cast<unsigned char>(bytes.front())]) break;
    node = matcher.trie.walk(node, bytes);
    if (node == Trie::kNone) break;
    if (const auto index = matcher.trie.value(node); index >= 0) best = {i + 1 - at, index};
  }
  return best;
}

// Leftmost-longest matches. One that is refused for not being a single word is passed over as a whole.
void AddedTokens::split(const Matcher& matcher, std::u32string_view text, std::vector<Part>& out) const {
  std::size_t done = 0;
  for (std::size_t at = 0; matcher.any && at < text.size();) {
    const Match found = match(matcher, text, at);
    if (found.size == 0) {
      ++at;
      continue;
    }
    const auto& token = tokens_[static_cast<std::size_t>(found.index)];
    std::size_t begin = at, end = at + found.size;
    at = end;
    const bool joined =
        (begin > 0 && is_word_character(text[begin - 1])) || (end < text.size() && is_word_character(text[end]));
    if (token.single_word && joined) continue;
    if (token.lstrip) {
      while (begin > done && is_unicode_space(text[begin - 1])) --begin;
    }
    if (token.rstrip) {
      while (end < text.size() && is_unicode_space(text[end])) ++end;
    }
    // What an earlier token took along is not given twice.
    begin = std::max(begin, done);
    if (end <= begin) continue;
    if (begin > done) out.push_back({done, begin, -1});
    out.push_back({begin, end, token.id});
    done = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), -1});
}

bool AddedTokens::may_occur(std::string_view ascii) const {
  if (!raw_.any) return false;
  for (std::size_t at = 0; at < ascii.size(); ++at) {
    if (raw_.first_bytes[static_cast<unsigned char>(ascii[at])] &&
        raw_.trie.longest(Trie::kRoot, ascii.substr(at)).size > 0) {
      return true;
    }
  }
  return false;
}

std::int32_t AddedTokens::id(std::string_view content) const {
  for (const auto& token : tokens_) {
    if (token.content == content) return token.id;
  }
  return -1;
}

}  // namespace strop
