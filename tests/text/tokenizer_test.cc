#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/error.h"
#include "temp_folder.h"

namespace strop {
namespace {

constexpr const char* kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nmovie\n##s\nÉcole\necole\na\nb\n,\n\nc\n";
enum : std::int32_t { pad, unk, cls, sep, mask, movie, s, upper_ecole, ecole, a, b, comma, blank, c };

using Ids = std::vector<std::int32_t>;

class VocabTxt : public testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const std::string& config) {
    folder_.write("vocab.txt", kVocab);
    folder_.write("tokenizer_config.json", config);
    return load_tokenizer(folder_.path());
  }
  static Ids ids(const Tokenizer& tokenizer, std::string_view text, std::int64_t max_length = 100) {
    Ids out;
    tokenizer.encode_ids(text, max_length, out);
    EXPECT_EQ(out, tokenizer.encode(text, max_length).ids) << text;
    return out;
  }
  TempFolder folder_;
};

TEST_F(VocabTxt, Lookups) {
  const auto tokenizer = load("{}");
  EXPECT_EQ(tokenizer->vocab_size(), 14);
  EXPECT_EQ(tokenizer->pad_id(), pad);
  EXPECT_EQ(tokenizer->mask_id(), mask);
  EXPECT_EQ(tokenizer->token(movie), "movie");
  EXPECT_EQ(tokenizer->token(14), "");
  EXPECT_EQ(tokenizer->token(-1), "");
  EXPECT_EQ(tokenizer->token_id("##s"), s);
  EXPECT_EQ(tokenizer->token_id("nothing"), -1);
  EXPECT_EQ(tokenizer->token_id(""), -1);
  EXPECT_EQ(tokenizer->model_max_length(), 0);
}

TEST_F(VocabTxt, SwitchesOfTheConfig) {
  EXPECT_EQ(ids(*load("{}"), "École"), (Ids{cls, ecole, sep}));
  EXPECT_EQ(ids(*load(R"({"do_lower_case": false})"), "École"), (Ids{cls, upper_ecole, sep}));
  EXPECT_EQ(ids(*load(R"({"do_lower_case": false, "strip_accents": true})"), "École"), (Ids{cls, unk, sep}));
  EXPECT_EQ(ids(*load(R"({"strip_accents": false})"), "École"), (Ids{cls, unk, sep}));
  EXPECT_EQ(load(R"({"model_max_length": 512})")->model_max_length(), 512);
  EXPECT_EQ(load(R"({"model_max_length": 1e30})")->model_max_length(), 0);
  EXPECT_EQ(load(R"({"model_max_length": null, "max_len": 64})")->model_max_length(), 64);
}

TEST_F(VocabTxt, NamedTokensOfTheConfig) {
  // A token that the vocabulary lacks gets the next id, as in Transformers.
  const auto tokenizer = load(R"({"pad_token": {"content": "<pad>", "lstrip": true}, "mask_token": "b"})");
  EXPECT_EQ(tokenizer->pad_id(), 14);
  EXPECT_EQ(tokenizer->vocab_size(), 15);
  EXPECT_EQ(tokenizer->mask_id(), b);
  EXPECT_EQ(ids(*tokenizer, "a <pad>c"), (Ids{cls, a, 14, c, sep}));
  EXPECT_EQ(tokenizer->encode("a <pad>c", 9).offsets[2], std::pair(1, 7));  // the space before it is taken along
}

TEST_F(VocabTxt, TruncationIsReported) {
  const auto tokenizer = load("{}");
  Ids out{7};
  EXPECT_FALSE(tokenizer->encode_ids("a b c", 5, out));
  EXPECT_TRUE(tokenizer->encode_ids("a b c", 4, out));
  EXPECT_EQ(out, (Ids{7, cls, a, b, c, sep, cls, a, b, sep})) << "appended to what was there";
  EXPECT_TRUE(tokenizer->encode("movies", 3).truncated) << "inside a word";
  EXPECT_EQ(ids(*tokenizer, "a", 2), (Ids{cls, sep}));
  EXPECT_EQ(ids(*tokenizer, "", 2), (Ids{cls, sep}));
  EXPECT_FALSE(tokenizer->encode("  ", 2).truncated);
  const auto pair = tokenizer->encode_pair("a b c", "a", 6);
  EXPECT_TRUE(pair.truncated);
  EXPECT_EQ(pair.ids, (Ids{cls, a, b, sep, a, sep})) << "the longer one is shortened";
  EXPECT_EQ(pair.type_ids, (Ids{0, 0, 0, 0, 1, 1}));
}

TEST_F(VocabTxt, NoRoomForSpecialTokensIsAnError) {
  const auto tokenizer = load("{}");
  Ids out;
  for (const std::int64_t length : {1, 0, -5}) {
    try {
      tokenizer->encode_ids("a", length, out);
      FAIL() << length;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
  }
  EXPECT_THROW(tokenizer->encode_pair("a", "b", 2), Error);
  EXPECT_TRUE(out.empty());
}

TEST_F(VocabTxt, InvalidBytesAreReplacementCharacters) {
  const auto tokenizer = load("{}");
  // U+FFFD is dropped by clean_text, but keeps its place in the offsets.
  const auto got = tokenizer->encode(
      "\xff\xff"
      "a\xe4\xb8 b",
      9);
  EXPECT_EQ(got.ids, (Ids{cls, a, b, sep}));
  EXPECT_EQ(got.offsets[1], std::pair(2, 3));
  EXPECT_EQ(got.offsets[2], std::pair(5, 6));
}

TEST_F(VocabTxt, WordsOfMoreThan100CharactersAreUnknown) {
  const auto tokenizer = load("{}");
  const auto word = [](int length) { return "movie" + std::string(static_cast<std::size_t>(length - 5), 's'); };
  EXPECT_EQ(ids(*tokenizer, word(100)).size(), 2U + 1 + 95);
  EXPECT_EQ(ids(*tokenizer, word(101)), (Ids{cls, unk, sep}));
}

TEST_F(VocabTxt, LinesMayEndInCrLf) {
  folder_.write("vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\na \r\n");
  EXPECT_EQ(ids(*load_tokenizer(folder_.path()), "a"), (Ids{1, 3, 2}));
}

TEST_F(VocabTxt, ThreadsShareOneTokenizer) {
  const auto tokenizer = load("{}");
  const std::string text = "a movies, École [MASK] b c";
  const auto expected = ids(*tokenizer, text);
  std::vector<Ids> got(4);
  std::vector<std::thread> threads;
  for (auto& one : got) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) one = tokenizer->encode(text, 100).ids;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& one : got) EXPECT_EQ(one, expected);
}

// Transformers lets the switches of tokenizer_config.json overrule a BERT tokenizer's tokenizer.json.
TEST(TokenizerJson, ConfigOverrulesTheNormalizerOfBert) {
  const TempFolder folder;
  folder.write("tokenizer.json", R"({"normalizer": {"type": "BertNormalizer", "clean_text": true,
      "handle_chinese_chars": true, "strip_accents": null, "lowercase": false}, "model": {"unk_token": "[UNK]",
      "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1}}})");
  EXPECT_EQ(load_tokenizer(folder.path())->encode("A", 9).ids, (Ids{0}));
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizerFast"})");
  EXPECT_EQ(load_tokenizer(folder.path())->encode("A", 9).ids, (Ids{1}));
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizerFast", "do_lower_case": false})");
  EXPECT_EQ(load_tokenizer(folder.path())->encode("A", 9).ids, (Ids{0}));
}

}  // namespace
}  // namespace strop
