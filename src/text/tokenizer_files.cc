#include "text/tokenizer_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "text/json_file.h"
#include "text/pipeline.h"
#include "text/unicode.h"
#include "text/wordpiece.h"

namespace strop {
namespace {

// Gathers added tokens as Transformers does: each content once, the first mention counts.
class AddedTokenRow {
 public:
  AddedTokenRow(const Model& model, std::string file) : model_(model), file_(std::move(file)) {}

  // A token that the vocabulary lacks gets the next free id. An id that the files give (not -1) must be that one.
  void add(AddedToken token) {
    if (token.content.empty() || !seen_.insert(token.content).second) return;
    auto id = model_.token_id(token.content);
    const bool is_new = id < 0;
    if (is_new) id = model_.vocab_size() + new_tokens_;
    if (token.id >= 0 && token.id != id) {
      fail(ErrorKind::model, "{}: the added token '{}' has id {}, expected {} ({})", file_, excerpt(token.content),
           token.id, id, is_new ? "the next one behind the vocabulary" : "its id in the vocabulary");
    }
    if (is_new) ++new_tokens_;
    token.id = id;
    tokens_.push_back(std::move(token));
  }
  void add_all(const TokenizerConfig& config) {
    for (const auto& token : config.added) {
      if (token.id >= 0) add(token);
    }
    for (const auto& [key, of_bert] : kNamedTokens) {
      if (const auto named = config.named.find(key); named != config.named.end()) {
        add(named->second);
      } else if (config.bert && of_bert != nullptr && model_.token_id(of_bert) >= 0) {
        // One that the vocabulary lacks stays out: its id would lie beyond the model's embeddings.
        add({.content = of_bert, .special = true});
      }
    }
    for (const auto& token : config.added) add(token);
  }
  std::vector<AddedToken> take() { return std::move(tokens_); }

 private:
  const Model& model_;
  std::string file_;
  std::vector<AddedToken> tokens_;
  std::unordered_set<std::string> seen_;
  std::int32_t new_tokens_ = 0;
};

void set_special_ids(TokenizerParts& parts, const TokenizerConfig& config) {
  const auto id_of = [&](const std::string& token) {
    const auto added = parts.added.id(token);
    return added >= 0 ? added : parts.model->token_id(token);
  };
  parts.pad_id = std::max(0, id_of(config.name("pad_token", "[PAD]")));
  parts.mask_id = id_of(config.name("mask_token", "[MASK]"));
  parts.model_max_length = config.model_max_length;
}

std::unique_ptr<Model> read_model(const JsonNode& node, VocabEntries vocab) {
  constexpr std::string_view kSupported = "WordPiece";
  // Old files leave the type out.
  const auto type = node.find("type");
  if (type && type->as_string() != "WordPiece") type->unsupported(kSupported);
  WordPieceOptions options;
  options.unknown = node.at("unk_token").as_string();
  options.continuing_prefix = node.at("continuing_subword_prefix").as_string();
  options.max_characters = static_cast<std::size_t>(node.at("max_input_chars_per_word").as_id());
  const auto tokens = node.at("vocab");
  if (!tokens.is_object()) tokens.wrong("an object of tokens with their ids");
  return std::make_unique<WordPiece>(std::move(vocab), options, tokens.place());
}

BertNormalizerOptions switches_of(const TokenizerConfig& config) {
  BertNormalizerOptions options;
  options.handle_chinese_chars = config.tokenize_chinese_chars;
  options.lowercase = config.do_lower_case;
  options.strip_accents = config.strip_accents.value_or(config.do_lower_case);
  return options;
}

// Transformers lets tokenizer_config.json overrule the normalizer of a BERT tokenizer.
std::unique_ptr<Normalizer> read_normalizer_of(const JsonNode& node, const TokenizerConfig& config) {
  if (!config.bert || node.is_null() || node.at("type").as_string() != "BertNormalizer") return read_normalizer(node);
  const auto in_file = read_bert_normalizer(node);
  auto options = switches_of(config);
  options.clean_text = in_file.clean_text;
  if (options != in_file) {
    log_warning(
        "{}: lowercase {}, strip_accents {}, handle_chinese_chars {} are overruled by tokenizer_config.json (or BERT's "
        "defaults) with {}, {}, {}, as in Transformers",
        node.place(), in_file.lowercase, in_file.strip_accents, in_file.handle_chinese_chars, options.lowercase,
        options.strip_accents, options.handle_chinese_chars);
  }
  return make_bert_normalizer(options);
}

// White space at the end of a line is no part of the token.
void trim_right(std::string& token) {
  const auto chars = decode_text(token);
  std::size_t size = chars.size();
  while (size > 0 && is_unicode_space(chars[size - 1])) --size;
  if (size == chars.size()) return;
  token.clear();
  for (std::size_t i = 0; i < size; ++i) append_utf8(token, chars[i]);
}

}  // namespace

std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view text, const std::string& file,
                                               const TokenizerConfig& config) {
  VocabEntries vocab;
  const nlohmann::json values = parse_tokenizer_json(text, file, vocab);
  const JsonNode root(values, file);
  const nlohmann::json null;
  const auto part = [&](std::string_view key) { return root.find(key).value_or(JsonNode(null, file)); };
  if (const auto version = root.find("version"); version && version->as_string() != "1.0") version->unsupported("1.0");

  TokenizerParts parts;
  parts.model = read_model(root.at("model"), std::move(vocab));
  parts.normalizer = read_normalizer_of(part("normalizer"), config);
  parts.pre_tokenizer = read_pre_tokenizer(part("pre_tokenizer"));
  AddedTokenRow added(*parts.model, file);
  if (const auto list = root.find("added_tokens")) {
    for (const auto& item : list->items()) {
      auto token = read_added_token(item, true);
      token.id = item.at("id").as_id();
      added.add(std::move(token));
    }
  }
  added.add_all(config);
  parts.added = AddedTokens(added.take(), parts.normalizer.get());
  const auto id_of = [&](std::string_view token) {
    const auto id = parts.added.id(token);
    return id >= 0 ? id : parts.model->token_id(token);
  };
  parts.post = read_post_processor(part("post_processor"), id_of);
  if (config.bert && !root.find("post_processor")) {
    // Transformers puts BERT's special tokens around a text even where the file does not say so.
    const auto cls = id_of(config.name("cls_token", "[CLS]")), sep = id_of(config.name("sep_token", "[SEP]"));
    if (cls >= 0 && sep >= 0) parts.post = bert_post_processor(cls, sep);
  }
  set_special_ids(parts, config);
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

std::unique_ptr<Tokenizer> read_vocab_txt(std::string_view text, const std::string& file,
                                          const TokenizerConfig& config) {
  if (!config.class_name.empty() && !config.bert) {
    fail(
        ErrorKind::model,
        "{}: tokenizer_config.json gives tokenizer_class '{}', and a vocab.txt alone is read for BERT tokenizers only; "
        "save the tokenizer as tokenizer.json",
        file, excerpt(config.class_name));
  }
  if (!is_valid_utf8(text)) fail(ErrorKind::model, "{}: found bytes that are no UTF-8, expected a token a line", file);
  VocabEntries vocab;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    vocab.emplace_back(text.substr(0, end), static_cast<std::int64_t>(vocab.size()));
    trim_right(vocab.back().first);
    text.remove_prefix(std::min(end + 1, text.size()));
  }

  TokenizerParts parts;
  WordPieceOptions options;
  options.unknown = config.name("unk_token", options.unknown);
  parts.model = std::make_unique<WordPiece>(std::move(vocab), options, file);
  parts.normalizer = make_bert_normalizer(switches_of(config));
  parts.pre_tokenizer = make_bert_pre_tokenizer();
  AddedTokenRow added(*parts.model, file);
  added.add_all(config);
  parts.added = AddedTokens(added.take(), parts.normalizer.get());
  const auto id_of = [&](const std::string& token) {
    const auto id = parts.model->token_id(token);
    if (id < 0) fail(ErrorKind::model, "{}: the token '{}' is missing, which BERT puts around a text", file, token);
    return id;
  };
  parts.post = bert_post_processor(id_of(config.name("cls_token", "[CLS]")), id_of(config.name("sep_token", "[SEP]")));
  set_special_ids(parts, config);
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace strop
