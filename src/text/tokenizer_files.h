// The two forms in which a tokenizer lies in a folder. Both give Error(model) naming the file and key for what is
// broken or not supported.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace strop {

// tokenizer.json. Its padding and truncation are ignored.
std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view text, const std::string& file,
                                               const TokenizerConfig& config);

// vocab.txt of a BERT tokenizer: a token a line, the first has the id 0.
std::unique_ptr<Tokenizer> read_vocab_txt(std::string_view text, const std::string& file,
                                          const TokenizerConfig& config);

}  // namespace strop
