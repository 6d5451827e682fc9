// What stands beside a tokenizer's vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json, and
// the model type in config.json. All of them may be absent.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "text/added_tokens.h"

namespace strop {

// The keys of the special tokens in the order in which Transformers adds them, with BERT's defaults.
struct NamedToken {
  const char* key;
  const char* of_bert;  // nullptr: none
};
inline constexpr NamedToken kNamedTokens[] = {{"bos_token", nullptr},  {"eos_token", nullptr}, {"unk_token", "[UNK]"},
                                              {"sep_token", "[SEP]"},  {"pad_token", "[PAD]"}, {"cls_token", "[CLS]"},
                                              {"mask_token", "[MASK]"}};

struct TokenizerConfig {
  // Transformers takes the folder for a BERT tokenizer: the three switches below then overrule tokenizer.json.
  bool bert = false;
  std::string class_name;  // tokenizer_class without "Fast"; "" where none is given
  bool do_lower_case = true;
  std::optional<bool> strip_accents;
  bool tokenize_chinese_chars = true;
  std::int64_t model_max_length = 0;  // 0: none

  std::map<std::string, AddedToken> named;  // by the key, where a file names one
  std::vector<AddedToken> added;            // with their ids, in the order of these; -1: the file gives none

  // The content of a named token, or `otherwise`.
  std::string name(const std::string& key, const std::string& otherwise) const;
};

// Error(model) naming file and key for what is broken.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder);

}  // namespace strop
