#include "text/post_processor.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

using TokenId = std::function<std::int32_t(std::string_view)>;

std::int32_t checked_id(const JsonNode& token, const JsonNode& id, const TokenId& token_id) {
  const auto expected = token_id(token.as_string());
  if (expected < 0)
    fail(ErrorKind::model, "{}: '{}' is not in the vocabulary", token.place(), excerpt(token.as_string()));
  if (id.as_id() != expected) {
    fail(ErrorKind::model, "{}: found {}, but the vocabulary gives '{}' the id {}", id.place(), id.as_id(),
         excerpt(token.as_string()), expected);
  }
  return expected;
}

// BertProcessing's ["[SEP]", 102].
std::int32_t read_token_and_id(const JsonNode& node, const TokenId& token_id) {
  const auto items = node.items();
  if (items.size() != 2) node.wrong("a token and its id");
  return checked_id(items[0], items[1], token_id);
}

TemplatePart read_part(const JsonNode& node, const JsonNode& special_tokens, const TokenId& token_id) {
  TemplatePart part;
  if (const auto sequence = node.find("Sequence")) {
    const auto& name = sequence->at("id").as_string();
    if (name != "A" && name != "B") sequence->at("id").wrong("\"A\" or \"B\"");
    part.kind = name == "A" ? TemplatePart::first_text : TemplatePart::second_text;
    part.type_id = sequence->at("type_id").as_id();
    return part;
  }
  const auto special = node.find("SpecialToken");
  if (!special) node.wrong("an object with the key 'Sequence' or 'SpecialToken'");
  part.type_id = special->at("type_id").as_id();
  const auto token = special_tokens.at(special->at("id").as_string());
  const auto ids = token.at("ids").items();
  const auto tokens = token.at("tokens").items();
  if (ids.size() != tokens.size()) token.wrong("as many ids as tokens");
  for (std::size_t i = 0; i < ids.size(); ++i) part.ids.push_back(checked_id(tokens[i], ids[i], token_id));
  return part;
}

std::vector<TemplatePart> read_row(const JsonNode& node, const JsonNode& special_tokens, const TokenId& token_id,
                                   bool is_pair) {
  std::vector<TemplatePart> row;
  for (const auto& item : node.items()) row.push_back(read_part(item, special_tokens, token_id));
  const auto count = [&](TemplatePart::Kind kind) {
    return std::count_if(row.begin(), row.end(), [&](const auto& part) { return part.kind == kind; });
  };
  if (count(TemplatePart::first_text) != 1 || count(TemplatePart::second_text) != (is_pair ? 1 : 0)) {
    node.wrong(is_pair ? "a template with the sequences A and B once each" : "a template with the sequence A once");
  }
  return row;
}

}  // namespace

std::int64_t added_count(const std::vector<TemplatePart>& row) {
  std::int64_t count = 0;
  for (const auto& part : row) count += static_cast<std::int64_t>(part.ids.size());
  return count;
}

PostProcessor plain_post_processor() {
  return {{{TemplatePart::first_text, 0, {}}}, {{TemplatePart::first_text, 0, {}}, {TemplatePart::second_text, 1, {}}}};
}

PostProcessor bert_post_processor(std::int32_t cls, std::int32_t sep) {
  const TemplatePart begin{TemplatePart::special, 0, {cls}}, middle{TemplatePart::special, 0, {sep}},
      end{TemplatePart::special, 1, {sep}}, first{TemplatePart::first_text, 0, {}},
      second{TemplatePart::second_text, 1, {}};
  return {{begin, first, middle}, {begin, first, middle, second, end}};
}

PostProcessor read_post_processor(const JsonNode& node, const TokenId& token_id) {
  if (node.is_null()) return plain_post_processor();
  const auto& type = node.at("type").as_string();
  if (type == "BertProcessing") {
    return bert_post_processor(read_token_and_id(node.at("cls"), token_id),
                               read_token_and_id(node.at("sep"), token_id));
  }
  if (type != "TemplateProcessing") node.at("type").unsupported("TemplateProcessing, BertProcessing");
  const auto special_tokens = node.at("special_tokens");
  return {read_row(node.at("single"), special_tokens, token_id, false),
          read_row(node.at("pair"), special_tokens, token_id, true)};
}

std::pair<std::size_t, std::size_t> shorten_pair(std::size_t first, std::size_t second, std::size_t room) {
  if (first + second <= room) return {first, second};
  const std::size_t shorter = std::min(first, second);
  // The shorter one stays whole where it takes at most half of the room, else both are cut to half. The odd place goes
  // to the longer one, and to the second where they are equally long.
  std::size_t low = shorter, high = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (low + high > room) {
    low = room / 2;
    high = low + room % 2;
  }
  return first > second ? std::pair{high, low} : std::pair{low, high};
}

}  // namespace strop
