// What stands around the tokens of a text or a pair: special tokens and type ids, as a row of parts.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "text/json_node.h"

namespace strop {

struct TemplatePart {
  enum Kind { first_text, second_text, special };
  Kind kind = special;
  std::int32_t type_id = 0;
  std::vector<std::int32_t> ids;  // of a special part
};

struct PostProcessor {
  std::vector<TemplatePart> single;
  std::vector<TemplatePart> pair;
};

// How many special tokens the row adds.
std::int64_t added_count(const std::vector<TemplatePart>& row);

// $A, and $A $B with the type ids 0 and 1.
PostProcessor plain_post_processor();
// [CLS] $A [SEP], and [CLS] $A [SEP] $B [SEP].
PostProcessor bert_post_processor(std::int32_t cls, std::int32_t sep);

// The value of tokenizer.json's key "post_processor". `token_id` looks a token up (-1: unknown): an id that is not the
// token's is Error(model).
PostProcessor read_post_processor(const JsonNode& node, const std::function<std::int32_t(std::string_view)>& token_id);

// How many tokens are left of two texts that share `room`, the longer one shortened first.
std::pair<std::size_t, std::size_t> shorten_pair(std::size_t first, std::size_t second, std::size_t room);

}  // namespace strop
