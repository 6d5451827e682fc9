// BERT's normalizer: clean, space out Chinese, strip accents, lower case, in this order.
#include "text/normalizer.h"
#include "text/unicode.h"

namespace strop {
namespace {

void clean_text(NormalizedText& text) {
  const auto is_layout = [](char32_t c) { return c == '\t' || c == '\n' || c == '\r'; };
  filter(text, [&](char32_t c) { return is_layout(c) || !(c == 0 || c == 0xFFFD || is_control(c)); });
  for (char32_t& c : text.chars) {
    if (is_unicode_space(c)) c = ' ';
  }
}

void space_out_chinese(NormalizedText& text) {
  std::size_t count = 0;
  for (const char32_t c : text.chars) count += is_cjk_ideograph(c) ? 1 : 0;
  if (count == 0) return;
  std::u32string chars;
  std::vector<Span> spans;
  chars.reserve(text.chars.size() + 2 * count);
  spans.reserve(text.chars.size() + 2 * count);
  for (std::size_t i = 0; i < text.chars.size(); ++i) {
    if (is_cjk_ideograph(text.chars[i])) {
      chars.append({U' ', text.chars[i], U' '});
      spans.insert(spans.end(), 3, text.spans[i]);
    } else {
      chars += text.chars[i];
      spans.push_back(text.spans[i]);
    }
  }
  text.chars = std::move(chars);
  text.spans = std::move(spans);
}

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options) : options_(options) {}

  void normalize(NormalizedText& text) const override {
    if (options_.clean_text) clean_text(text);
    if (options_.handle_chinese_chars) space_out_chinese(text);
    if (options_.strip_accents) {
      to_unicode_form(text, false, false);
      filter(text, [](char32_t c) { return !is_nonspacing_mark(c); });
    }
    if (options_.lowercase) lowercase(text);
  }
  bool ascii_by_character() const override { return true; }

 private:
  BertNormalizerOptions options_;
};

}  // namespace

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}

BertNormalizerOptions read_bert_normalizer(const JsonNode& node) {
  BertNormalizerOptions options;
  options.clean_text = node.at("clean_text").as_bool();
  options.handle_chinese_chars = node.at("handle_chinese_chars").as_bool();
  options.lowercase = node.at("lowercase").as_bool();
  const auto accents = node.find("strip_accents");
  options.strip_accents = accents ? accents->as_bool() : options.lowercase;
  return options;
}

}  // namespace strop
