// Added tokens: strings such as "[MASK]" that are found in a text before (or, where `normalized`, after) it is
// normalized, and become one token whatever the model would do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/json_node.h"
#include "text/normalizer.h"
#include "text/trie.h"

namespace strop {

struct AddedToken {
  std::string content;
  std::int32_t id = -1;
  bool single_word = false;  // only where no word character stands beside it
  bool lstrip = false;       // takes the spaces before it along
  bool rstrip = false;
  bool normalized = false;  // is looked for, normalized itself, in the normalized text
  bool special = false;
};

// The fields of one entry but the id. With `complete` all of them must be there (tokenizer.json), else they default to
// false, and `normalized` to !special.
AddedToken read_added_token(const JsonNode& node, bool complete);

class AddedTokens {
 public:
  AddedTokens() = default;
  // `normalizer` may be null.
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer);

  // Parts of a row of characters, in order, covering it; id -1: text between added tokens.
  struct Part {
    std::size_t begin, end;
    std::int32_t id;
  };
  void split_raw(std::u32string_view text, std::vector<Part>& out) const { split(raw_, text, out); }
  void split_normalized(std::u32string_view text, std::vector<Part>& out) const { split(normalized_, text, out); }
  bool any_normalized() const { return normalized_.any; }
  // Whether an added token may stand in the ASCII text, before normalization. False is certain.
  bool may_occur(std::string_view ascii) const;

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  // -1 where it is no added token.
  std::int32_t id(std::string_view content) const;

 private:
  struct Matcher {
    Trie trie;  // content -> index in tokens_
    bool any = false;
    bool first_bytes[256] = {};
  };
  struct Match {
    std::size_t size = 0;
    std::int32_t index = -1;
  };
  Matcher make_matcher(const std::vector<std::pair<std::string, std::int32_t>>& patterns) const;
  static Match match(const Matcher& matcher, std::u32string_view text, std::size_t at);
  void split(const Matcher& matcher, std::u32string_view text, std::vector<Part>& out) const;

  std::vector<AddedToken> tokens_;
  Matcher raw_, normalized_;
};

}  // namespace strop
