#include "text/pre_tokenizer.h"

#include <algorithm>

#include "core/error.h"
#include "text/unicode.h"

namespace strop {
namespace {

using Classify = CharClass (*)(char32_t);

CharClass whole(char32_t) { return CharClass::run; }

CharClass whitespace_split(char32_t c) { return is_unicode_space(c) ? CharClass::dropped : CharClass::run; }

CharClass bert(char32_t c) {
  if (is_unicode_space(c)) return CharClass::dropped;
  return is_bert_punctuation(c) ? CharClass::alone : CharClass::run;
}

// \w+ and [^\w\s]+
CharClass whitespace(char32_t c) {
  if (is_unicode_space(c)) return CharClass::dropped;
  constexpr auto kSymbols = static_cast<CharClass>(static_cast<int>(CharClass::run) + 1);
  return is_word_character(c) ? CharClass::run : kSymbols;
}

// One classifier after the other: a cut of any is a cut, and what one drops is dropped.
class ClassSplitter : public PreTokenizer {
 public:
  explicit ClassSplitter(std::vector<Classify> steps) : steps_(std::move(steps)) {}

  void split(const NormalizedText& text, std::size_t begin, std::size_t end, std::vector<Word>& out) const override {
    std::size_t start = begin;
    CharClass current = CharClass::dropped;
    for (std::size_t i = begin; i < end; ++i) {
      const CharClass next = classify(text.chars[i]);
      if (next != current || next == CharClass::alone) {
        if (current != CharClass::dropped && i > start) out.emplace_back(start, i);
        start = i;
        current = next;
      }
    }
    if (current != CharClass::dropped && end > start) out.emplace_back(start, end);
  }

  bool classify_ascii(CharClass classes[128]) const override {
    for (char32_t c = 0; c < 128; ++c) classes[c] = classify(c);
    return true;
  }

 private:
  CharClass classify(char32_t c) const {
    int kind = 0;
    bool alone = false;
    for (const auto step : steps_) {
      const CharClass one = step(c);
      if (one == CharClass::dropped) return one;
      alone = alone || one == CharClass::alone;
      // Two kinds of runs at most in each step: a bit each.
      kind = 2 * kind + (static_cast<int>(one) > static_cast<int>(CharClass::run) ? 1 : 0);
    }
    return alone ? CharClass::alone : static_cast<CharClass>(static_cast<int>(CharClass::run) + kind);
  }

  std::vector<Classify> steps_;
};

// Kinds of runs fit into CharClass up to this many steps.
constexpr std::size_t kMaxSteps = 7;

void read_steps(const JsonNode& node, std::vector<Classify>& steps) {
  const auto type = node.at("type").as_string();
  if (type == "Sequence") {
    for (const auto& item : node.at("pretokenizers").items()) read_steps(item, steps);
  } else if (type == "BertPreTokenizer") {
    steps.push_back(bert);
  } else if (type == "Whitespace") {
    steps.push_back(whitespace);
  } else if (type == "WhitespaceSplit") {
    steps.push_back(whitespace_split);
  } else {
    node.at("type").unsupported("BertPreTokenizer, Whitespace, WhitespaceSplit, Sequence");
  }
  if (steps.size() > kMaxSteps) {
    fail(ErrorKind::model, "{}: found more than {} pre-tokenizers in a row, expected fewer", node.place(), kMaxSteps);
  }
}

}  // namespace

std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonNode& node) {
  std::vector<Classify> steps;
  if (node.is_null()) steps.push_back(whole);
  else read_steps(node, steps);
  return std::make_unique<ClassSplitter>(std::move(steps));
}

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() {
  return std::make_unique<ClassSplitter>(std::vector<Classify>{bert});
}

}  // namespace strop
