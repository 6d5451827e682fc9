#include "text/normalizer.h"

#include <algorithm>

#include "text/unicode.h"

namespace strop {
namespace {

class Lowercase : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override { lowercase(text); }
  bool ascii_by_character() const override { return true; }
};

class StripAccents : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override {
    filter(text, [](char32_t c) { return !is_combining_mark(c); });
  }
  bool ascii_by_character() const override { return true; }
};

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  void normalize(NormalizedText& text) const override {
    for (const auto& step : steps_) step->normalize(text);
  }
  bool ascii_by_character() const override {
    return std::all_of(steps_.begin(), steps_.end(), [](const auto& step) { return step->ascii_by_character(); });
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

std::unique_ptr<Normalizer> read_sequence(const JsonNode& node) {
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const auto& item : node.at("normalizers").items()) {
    if (auto step = read_normalizer(item)) steps.push_back(std::move(step));
  }
  return std::make_unique<NormalizerSequence>(std::move(steps));
}

}  // namespace

void lowercase(NormalizedText& text) {
  char32_t lower[2];
  std::vector<NormalizedText::Change> changes;  // filled from the first character that grows
  for (std::size_t i = 0; i < text.chars.size(); ++i) {
    const std::size_t count = to_lower(text.chars[i], lower);
    if (count > 1 && changes.empty()) {
      for (std::size_t k = 0; k < i; ++k) changes.push_back({text.chars[k], 0});
    }
    if (count > 1 || !changes.empty()) {
      for (std::size_t k = 0; k < count; ++k) changes.push_back({lower[k], k == 0 ? 0 : 1});
    } else {
      text.chars[i] = lower[0];
    }
  }
  if (!changes.empty()) text.rewrite(changes);
}

std::unique_ptr<Normalizer> read_normalizer(const JsonNode& node) {
  if (node.is_null()) return nullptr;
  const auto type = node.at("type").as_string();
  if (type == "BertNormalizer") return make_bert_normalizer(read_bert_normalizer(node));
  if (type == "Sequence") return read_sequence(node);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "NFD") return make_unicode_normalizer(false, false);
  if (type == "NFC") return make_unicode_normalizer(false, true);
  if (type == "NFKD") return make_unicode_normalizer(true, false);
  if (type == "NFKC") return make_unicode_normalizer(true, true);
  node.at("type").unsupported("BertNormalizer, Sequence, Lowercase, StripAccents, NFC, NFD, NFKC, NFKD");
}

}  // namespace strop
