#include "text/tokenizer.h"

#include "core/error.h"
#include "text/json_file.h"
#include "text/tokenizer_files.h"

namespace strop {

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  const auto json = folder / "tokenizer.json", vocab = folder / "vocab.txt";
  std::error_code error;
  const bool has_json = std::filesystem::exists(json, error);
  if (!has_json && !std::filesystem::exists(vocab, error)) {
    fail(ErrorKind::model, "{}: no tokenizer here; expected tokenizer.json, or vocab.txt with tokenizer_config.json",
         folder.string());
  }
  const auto config = read_tokenizer_config(folder);
  if (has_json) return read_tokenizer_json(read_tokenizer_file(json), json.string(), config);
  return read_vocab_txt(read_tokenizer_file(vocab), vocab.string(), config);
}

}  // namespace strop
