// Each way a tokenizer folder can be broken ends in one Error(model) that names the file and the key.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "temp_folder.h"
#include "text/tokenizer.h"

namespace strop {
namespace {

using nlohmann::json;

json small_tokenizer() {
  return json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
                      "normalized": false, "special": true}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                   "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
      "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
      "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
    "decoder": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "##b": 3}}})");
}

std::string message_of(const std::filesystem::path& folder) {
  try {
    load_tokenizer(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.what();
  }
  return "no error";
}

std::string message_of_json(const std::string& text) {
  const TempFolder folder;
  folder.write("tokenizer.json", text);
  const auto message = message_of(folder.path());
  EXPECT_NE(message.find("tokenizer.json: "), std::string::npos) << message;
  return message;
}

struct Broken {
  const char* place;  // JSON pointer
  const char* value;  // what is put there; "" removes it
  const char* says;   // in the message
  const char* also = "";
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.place << " = " << broken.value; }

class BrokenJson : public testing::TestWithParam<Broken> {};

TEST_P(BrokenJson, IsNamed) {
  json tokenizer = small_tokenizer();
  const json::json_pointer place(GetParam().place);
  if (*GetParam().value == '\0') {
    tokenizer.at(place.parent_pointer()).erase(place.back());
  } else {
    tokenizer[place] = json::parse(GetParam().value);
  }
  const auto message = message_of_json(tokenizer.dump());
  EXPECT_NE(message.find(GetParam().says), std::string::npos) << message;
  EXPECT_NE(message.find(GetParam().also), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    TokenizerErrors, BrokenJson,
    testing::Values(
        Broken{"/version", "\"2.0\"", "version: '2.0' is not supported", "1.0"},
        Broken{"/model", "", "the key 'model' is missing"},
        Broken{"/model", "null", "found null", "expected an object"},
        Broken{"/model/type", "\"BPE\"", "model.type: 'BPE' is not supported", "WordPiece"},
        Broken{"/model/type", "\"Unigram\"", "model.type: 'Unigram' is not supported", "WordPiece"},
        Broken{"/model/type", "7", "model.type: found 7 (number), expected a string"},
        Broken{"/model/unk_token", "\"<unk>\"", "'<unk>' is not among the 4 tokens", "model.vocab"},
        Broken{"/model/unk_token", "", "model: the key 'unk_token' is missing"},
        Broken{"/model/max_input_chars_per_word", "-1", "max_input_chars_per_word: found -1", "whole number"},
        Broken{"/model/continuing_subword_prefix", "null", "continuing_subword_prefix: found null"},
        Broken{"/model/vocab", "[\"a\"]", "model.vocab: found (array), expected an object"},
        Broken{"/model/vocab", "{}", "model.vocab: the vocabulary is empty"},
        Broken{"/model/vocab", "", "the key 'vocab' is missing"},
        Broken{"/model/vocab/a", "9", "'a' has id 9, but the 4 tokens must have the ids 0 to 3"},
        Broken{"/model/vocab/a", "-2", "'a' has id -2"},
        Broken{"/model/vocab/a", "18446744073709551615", "'a' has id -1"},
        Broken{"/model/vocab/a", "2.5", "'a' has id -1"}, Broken{"/model/vocab/a", "{\"b\": 2}", "'a' has id -1"},
        Broken{"/model/vocab/a", "3", "have the same id 3", "'##b'"},
        Broken{"/normalizer/type", "\"Precompiled\"", "normalizer.type: 'Precompiled' is not supported", "NFKC"},
        Broken{"/normalizer/lowercase", "1", "normalizer.lowercase: found 1 (number), expected true or false"},
        Broken{"/normalizer/clean_text", "", "normalizer: the key 'clean_text' is missing"},
        Broken{"/normalizer", R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip"}]})",
               "normalizer.normalizers[1].type: 'Strip'"},
        Broken{"/normalizer", "[]", "normalizer: found (array), expected an object"},
        Broken{"/pre_tokenizer/type", "\"ByteLevel\"", "pre_tokenizer.type: 'ByteLevel' is not supported"},
        Broken{"/post_processor/type", "\"RobertaProcessing\"", "post_processor.type: 'RobertaProcessing'"},
        Broken{"/post_processor/single/1/Sequence/id", "\"B\"", "post_processor.single", "sequence A once"},
        Broken{"/post_processor/single/1", "{}", "post_processor.single[1]", "'Sequence' or 'SpecialToken'"},
        Broken{"/post_processor/pair", "[]", "post_processor.pair", "A and B once each"},
        Broken{"/post_processor/special_tokens", "{}", "special_tokens: the key '[CLS]' is missing"},
        Broken{"/post_processor/special_tokens/[CLS]/ids", "[2]", "ids[0]: found 2", "'[CLS]' the id 1"},
        Broken{"/post_processor/special_tokens/[CLS]/ids", "[]", "as many ids as tokens"},
        Broken{"/post_processor/special_tokens/[CLS]/tokens", "[\"<s>\"]", "'<s>' is not in the vocabulary"},
        Broken{"/added_tokens", "{}", "added_tokens: found (object), expected an array"},
        Broken{"/added_tokens/0/id", "3", "the added token '[CLS]' has id 3, expected 1"},
        Broken{"/added_tokens/0/content", "\"<new>\"", "the added token '<new>' has id 1, expected 4"},
        Broken{"/added_tokens/0/lstrip", "\"no\"", "added_tokens[0].lstrip: found \"no\" (string)"},
        Broken{"/added_tokens/0/special", "", "added_tokens[0]: the key 'special' is missing"}));

TEST(TokenizerErrors, UnbrokenLoads) {
  const TempFolder folder;
  folder.write("tokenizer.json", small_tokenizer().dump());
  EXPECT_EQ(message_of(folder.path()), "no error");
}

TEST(TokenizerErrors, NoJson) {
  EXPECT_NE(message_of_json("").find("no valid JSON"), std::string::npos);
  EXPECT_NE(message_of_json("{\"model\": ").find("no valid JSON: parse error at line 1"), std::string::npos);
  EXPECT_NE(message_of_json("{\"model\": \"\xff\"}").find("no valid JSON"), std::string::npos);
  EXPECT_NE(message_of_json("3").find("found 3 (number), expected an object"), std::string::npos);
  EXPECT_NE(message_of_json(std::string(1 << 20, '[')).find("no valid JSON"), std::string::npos);
}

TEST(TokenizerErrors, TokenTwice) {
  std::string text = small_tokenizer().dump();
  const std::string entry = "\"a\":2";
  text.replace(text.find(entry), entry.size(), "\"a\":2,\"a\":4");
  EXPECT_NE(message_of_json(text).find("'a' stands twice, with the ids 2 and 4"), std::string::npos);
}

TEST(TokenizerErrors, FileOf200MB) {
  const TempFolder folder;
  folder.write("tokenizer.json", "");
  std::filesystem::resize_file(folder.path() / "tokenizer.json", 200 << 20);  // a hole: takes no space
  EXPECT_NE(message_of(folder.path()).find("larger than the limit"), std::string::npos);
}

TEST(TokenizerErrors, EmptyFolder) {
  const TempFolder folder;
  EXPECT_NE(message_of(folder.path()).find("expected tokenizer.json, or vocab.txt"), std::string::npos);
}

std::string message_of_vocab(const std::string& vocab, const std::string& config = "{}") {
  const TempFolder folder;
  folder.write("vocab.txt", vocab);
  folder.write("tokenizer_config.json", config);
  return message_of(folder.path());
}

TEST(TokenizerErrors, VocabTxt) {
  const std::string good = "[UNK]\n[CLS]\n[SEP]\na\n##b\n";
  EXPECT_EQ(message_of_vocab(good), "no error");
  EXPECT_NE(message_of_vocab("").find("the vocabulary is empty"), std::string::npos);
  EXPECT_NE(message_of_vocab(good + "a\n").find("'a' stands twice, with the ids 3 and 5"), std::string::npos);
  EXPECT_NE(message_of_vocab("[CLS]\n[SEP]\n").find("the unknown token '[UNK]'"), std::string::npos);
  EXPECT_NE(message_of_vocab("[UNK]\n[CLS]\n").find("'[SEP]' is missing"), std::string::npos);
  EXPECT_NE(message_of_vocab(good + "\xff\n").find("no UTF-8"), std::string::npos);
  EXPECT_NE(message_of_vocab(good, R"({"tokenizer_class": "MPNetTokenizer"})").find("'MPNetTokenizer'"),
            std::string::npos);
  EXPECT_NE(message_of_vocab(good, R"({"do_lower_case": "yes"})").find("do_lower_case: found \"yes\""),
            std::string::npos);
  EXPECT_NE(message_of_vocab(good, R"({"model_max_length": "512"})").find("model_max_length: found"),
            std::string::npos);
  EXPECT_NE(message_of_vocab(good, R"({"added_tokens_decoder": {"x": {"content": "[CLS]"}}})").find("the key 'x'"),
            std::string::npos);
  EXPECT_NE(message_of_vocab(good, "[").find("tokenizer_config.json: no valid JSON"), std::string::npos);
}

}  // namespace
}  // namespace strop
