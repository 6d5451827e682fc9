#include "text/tokenizer_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "text/json_file.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Classes, and the model types of config.json, that Transformers gives BERT's tokenizer.
constexpr std::array kBertClasses = {"BertTokenizer",       "DistilBertTokenizer",  "ElectraTokenizer",
                                     "MobileBertTokenizer", "SqueezeBertTokenizer", "LayoutLMTokenizer"};
constexpr std::array kBertModelTypes = {"bert",        "distilbert", "electra",    "convbert", "mobilebert",
                                        "squeezebert", "layoutlm",   "nomic_bert", "ernie"};

template <std::size_t N>
bool contains(const std::array<const char*, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const char* one) { return name == one; });
}

json read_if_there(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return json::object();
  return parse_json(read_tokenizer_file(path), path.string());
}

// A special token: its text, or an object with its flags.
AddedToken read_special(const JsonNode& node) {
  AddedToken token;
  if (node.is_object()) token = read_added_token(node, false);
  else token.content = node.as_string();
  token.special = true;
  // An object without the key leaves `normalized` to the default of special tokens.
  token.normalized = node.is_object() && node.find("normalized") && token.normalized;
  return token;
}

// The keys that tokenizer_config.json and special_tokens_map.json share.
void read_specials(const JsonNode& node, TokenizerConfig& config) {
  for (const auto& [key, of_bert] : kNamedTokens) {
    if (const auto token = node.find(key)) config.named[key] = read_special(*token);
  }
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    const auto extra = node.find(key);
    if (!extra) continue;
    if (extra->is_object()) {
      for (const auto& [name, token] : extra->members()) config.added.push_back(read_special(token));
    } else {
      for (const auto& token : extra->items()) config.added.push_back(read_special(token));
    }
  }
}

// {"103": {"content": "[MASK]", ...}, ...}
void read_decoder(const JsonNode& node, TokenizerConfig& config) {
  std::vector<AddedToken> tokens;
  for (const auto& [key, entry] : node.members()) {
    auto token = read_added_token(entry, false);
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token.id);
    if (error != std::errc() || end != key.data() + key.size() || token.id < 0) {
      fail(ErrorKind::model, "{}: found the key '{}', expected an id", node.place(), excerpt(key));
    }
    tokens.push_back(std::move(token));
  }
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  config.added.insert(config.added.begin(), tokens.begin(), tokens.end());
}

// added_tokens.json: {"<tag>": 30522}
void read_added_ids(const JsonNode& node, TokenizerConfig& config) {
  std::vector<AddedToken> tokens;
  for (const auto& [content, id] : node.members()) {
    AddedToken token;
    token.content = content;
    token.id = id.as_id();
    token.special = std::any_of(config.named.begin(), config.named.end(),
                                [&, &name = content](const auto& named) { return named.second.content == name; });
    token.normalized = !token.special;
    tokens.push_back(std::move(token));
  }
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  config.added.insert(config.added.begin(), tokens.begin(), tokens.end());
}

void read_switches(const JsonNode& node, TokenizerConfig& config) {
  if (const auto found = node.find("do_lower_case")) config.do_lower_case = found->as_bool();
  if (const auto found = node.find("strip_accents")) config.strip_accents = found->as_bool();
  if (const auto found = node.find("tokenize_chinese_chars")) config.tokenize_chinese_chars = found->as_bool();
  auto length = node.find("model_max_length");
  if (!length) length = node.find("max_len");
  // "No limit" is written as 1e30.
  constexpr double kNoLimit = 1e6;
  if (length && length->as_number() > 0 && length->as_number() <= kNoLimit) {
    config.model_max_length = static_cast<std::int64_t>(length->as_number());
  }
  const auto side = node.find("truncation_side");
  if (side && side->as_string() != "right") {
    log_warning("{}: truncation_side is '{}'; strop shortens texts on the right", node.place(), side->as_string());
  }
}

}  // namespace

std::string TokenizerConfig::name(const std::string& key, const std::string& otherwise) const {
  const auto found = named.find(key);
  return found == named.end() ? otherwise : found->second.content;
}

TokenizerConfig read_tokenizer_config(const fs::path& folder) {
  TokenizerConfig config;
  const auto file = folder / "tokenizer_config.json";
  const json values = read_if_there(file);
  const JsonNode node(values, file.string());
  read_switches(node, config);
  read_specials(node, config);
  if (const auto name = node.find("tokenizer_class")) {
    config.class_name = name->as_string();
    if (ends_with(config.class_name, "Fast")) config.class_name.resize(config.class_name.size() - 4);
    config.bert = contains(kBertClasses, config.class_name);
  } else {
    const auto model_file = folder / "config.json";
    const json model = read_if_there(model_file);
    const auto type = JsonNode(model, model_file.string()).find("model_type");
    config.bert = type && contains(kBertModelTypes, type->as_string());
  }
  if (const auto decoder = node.find("added_tokens_decoder")) {
    read_decoder(*decoder, config);
    return config;
  }
  // Older folders say the same in two more files.
  const auto map_file = folder / "special_tokens_map.json";
  const json map = read_if_there(map_file);
  read_specials(JsonNode(map, map_file.string()), config);
  const auto ids_file = folder / "added_tokens.json";
  const json ids = read_if_there(ids_file);
  read_added_ids(JsonNode(ids, ids_file.string()), config);
  return config;
}

}  // namespace strop
