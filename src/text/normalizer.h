// Normalizers: what happens to the characters before they are split into words. One file for each family; a new one
// is a class, and a line in read_normalizer().
#pragma once

#include <memory>
#include <vector>

#include "text/json_node.h"
#include "text/normalized_text.h"

namespace strop {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // Thread-safe.
  virtual void normalize(NormalizedText& text) const = 0;
  // True where each ASCII character of an ASCII text is treated alone, whatever stands beside it: the pipeline then
  // replaces the normalizer by a table there.
  virtual bool ascii_by_character() const { return false; }
};

struct BertNormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;

  bool operator==(const BertNormalizerOptions&) const = default;
};
std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options);
// `strip_accents` null or absent follows `lowercase`.
BertNormalizerOptions read_bert_normalizer(const JsonNode& node);

// NFD, NFC, NFKD, NFKC.
std::unique_ptr<Normalizer> make_unicode_normalizer(bool compatibility, bool compose);

// The value of tokenizer.json's key "normalizer"; nullptr for null. Error(model) for a type that is not supported.
std::unique_ptr<Normalizer> read_normalizer(const JsonNode& node);

// Shared steps.
void lowercase(NormalizedText& text);
void to_unicode_form(NormalizedText& text, bool compatibility, bool compose);

// Keeps the characters for which `keep(c)` holds, with their spans.
template <typename Keep>
void filter(NormalizedText& text, Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.chars.size(); ++i) {
    if (!keep(text.chars[i])) continue;
    text.chars[kept] = text.chars[i];
    text.spans[kept] = text.spans[i];
    ++kept;
  }
  text.chars.resize(kept);
  text.spans.resize(kept);
}

}  // namespace strop
