// Which layers a method's adapters go into, and with which rank and scale: PEFT's rules (src/tuning/method.h).
#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>

#include "errors.h"
#include "models/reference.h"
#include "nn/compare.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "tuning/apply.h"
#include "tuning/idle_patterns.h"
#include "tuning/method.h"
#include "tuning/pattern.h"

namespace strop {
namespace {

using Names = std::vector<std::string>;

const std::string kQuery = "bert.encoder.layer.1.attention.self.query";

bool matches(const Names& patterns, const std::string& module) {
  return matches_modules(patterns, module, Linear(4, 4));
}

TEST(Matching, ANameIsTheWholeOrWhatFollowsADot) {
  EXPECT_TRUE(matches({"query"}, kQuery));
  EXPECT_TRUE(matches({"self.query"}, kQuery));
  EXPECT_TRUE(matches({kQuery}, kQuery));
  EXPECT_TRUE(matches({"value", "query"}, kQuery));
  EXPECT_TRUE(matches({"query"}, "query"));
  EXPECT_FALSE(matches({"uery"}, kQuery)) << "half a name is none";
  EXPECT_FALSE(matches({"encoder.layer.1"}, kQuery)) << "what holds a layer is not the layer";
  EXPECT_FALSE(matches({"quer"}, kQuery));
  EXPECT_FALSE(matches({}, kQuery));
}

TEST(Matching, OneEntryWithMetacharactersIsARegexOfTheWholeName) {
  EXPECT_TRUE(matches({".*\\.(query|value)"}, kQuery));
  EXPECT_TRUE(matches({".*layer\\.[01]\\..*query"}, kQuery));
  EXPECT_FALSE(matches({".*layer\\.[02]\\..*query"}, kQuery));
  EXPECT_FALSE(matches({"self\\.query"}, kQuery)) << "a part is not the whole";
  // In a list such an entry is a name like any other, as in PEFT.
  EXPECT_FALSE(matches({".*query", "value"}, kQuery));
  const auto message = message_of(ErrorKind::usage, [] { matches({"que(ry"}, kQuery); });
  expect_contains(message, "target_modules: 'que(ry' is no regular expression");
}

TEST(Matching, AllLinearIsEveryLinearLayer) {
  EXPECT_TRUE(matches({"all-linear"}, "anything"));
  EXPECT_FALSE(matches_modules({"all-linear"}, "bert.encoder.layer.0.output.LayerNorm", LayerNorm(4, 1e-5)));
  EXPECT_FALSE(matches({"all-linear", "query"}, "bert.encoder.layer.0.attention.self.key")) << "a word only alone";
}

TEST(Patterns, ThoseThatNameNothingAreSaid) {
  const auto model = tiny_bert();
  Options options;
  options.method = "lora";
  options.target_modules = {"query", "quarry"};
  options.exclude_modules = {".*layer\\.9.*"};
  options.rank_pattern = {{"value", "4"}, {"valve", "4"}};
  EXPECT_EQ(idle_patterns(*model, options), (Names{"target_modules: 'quarry' names no layer of this model",
                                                   "exclude_modules: '.*layer\\.9.*' names no layer of this model",
                                                   "rank_pattern: 'valve' names no layer of this model"}));
  options.method = "full";
  EXPECT_EQ(idle_patterns(*model, options), Names());
}

TEST(Patterns, TheFirstKeyThatEndsTheNameDecides) {
  const Patterns ranks = {
      {"layer.1.attention.self.query", "16"}, {"query", "4"}, {"output\\.(dense|bias)", "2.5"}};
  EXPECT_EQ(pattern_value(ranks, kQuery, 8, "rank_pattern"), 16);
  EXPECT_EQ(pattern_value(ranks, "bert.encoder.layer.0.attention.self.query", 8, "rank_pattern"), 4);
  EXPECT_EQ(pattern_value(ranks, "bert.encoder.layer.0.output.dense", 8, "rank_pattern"), 2.5);
  EXPECT_EQ(pattern_value(ranks, "bert.encoder.layer.0.attention.self.key", 8, "rank_pattern"), 8);
  EXPECT_EQ(pattern_value({{"uery", "3"}}, kQuery, 8, "rank_pattern"), 8) << "from a dot on, not from anywhere";
  EXPECT_EQ(pattern_value({}, kQuery, 8, "rank_pattern"), 8);
  EXPECT_EQ(pattern_value({{"query", "4"}, {"layer.1.attention.self.query", "16"}}, kQuery, 8, "rank_pattern"), 4);
}

TEST(Patterns, BadOnesAreNamed) {
  const auto attempt = [](const std::string& key, const std::string& value) {
    return message_of(ErrorKind::usage, [&] { pattern_value({{key, value}}, kQuery, 8, "alpha_pattern"); });
  };
  expect_contains(attempt("que[ry", "2"), "alpha_pattern: 'que[ry' is no regular expression");
  expect_contains(attempt("query", "two"), "alpha_pattern: 'two' for 'query' is no number above 0");
  expect_contains(attempt("query", "0"), "alpha_pattern: '0'");
  EXPECT_EQ(pattern_value({{"key", "two"}}, kQuery, 8, "alpha_pattern"), 8) << "a key that is not asked for";
}

// The adapted layers of the tiny BERT, with the row count of lora_A ("name:rank").
std::set<std::string> adapted(const std::string& method, const std::function<void(Options&)>& change) {
  const auto model = tiny_bert();
  Options options;
  options.method = method;
  change(options);
  const auto facts = model_facts(*model, 8, false);
  for (const auto& stage : find_method(method).stages(facts, options)) apply_stage(*model, stage, options);
  std::set<std::string> found;
  for (const auto& [name, layer] : model->layers()) {
    if (!layer->adapter) continue;
    const auto tensors = layer->adapter->tensors();
    const auto a = tensors.find("lora_A.weight");
    found.insert(a == tensors.end() ? name : name + ":" + std::to_string(a->second->size(0)));
  }
  return found;
}

std::set<std::string> in_layers(const Names& names, const std::string& behind = "") {
  std::set<std::string> all;
  for (int layer = 0; layer < 3; ++layer) {
    for (const auto& name : names) all.insert(fmt::format("bert.encoder.layer.{}.{}{}", layer, name, behind));
  }
  return all;
}

TEST(Targets, OfLora) {
  EXPECT_EQ(adapted("lora", [](Options&) {}), in_layers({"attention.self.query", "attention.self.value"}, ":8"));
  const Names linear = {"attention.self.query",   "attention.self.key", "attention.self.value",
                        "attention.output.dense", "intermediate.dense", "output.dense"};
  EXPECT_EQ(adapted("lora", [](Options& o) { o.target_modules = {"all-linear"}; }), in_layers(linear, ":8"))
      << "the head trains in full and takes no adapter";
  EXPECT_EQ(adapted("lora",
                    [](Options& o) {
                      o.target_modules = {"all-linear"};
                      o.exclude_modules = {".*dense"};
                    }),
            in_layers({"attention.self.query", "attention.self.key", "attention.self.value"}, ":8"));
  EXPECT_EQ(adapted("lora",
                    [](Options& o) {
                      o.target_modules = {"query"};
                      o.lora_r = 2;
                      o.rank_pattern = {{"layer.1.attention.self.query", "5"}};
                    }),
            (std::set<std::string>{"bert.encoder.layer.0.attention.self.query:2", kQuery + ":5",
                                   "bert.encoder.layer.2.attention.self.query:2"}));
  EXPECT_EQ(adapted("lora",
                    [](Options& o) {
                      o.target_modules = {"query"};
                      o.layers_to_transform = {0, 2};
                    }),
            (std::set<std::string>{"bert.encoder.layer.0.attention.self.query:8",
                                   "bert.encoder.layer.2.attention.self.query:8"}));
}

TEST(Targets, OfIa3) {
  const Names names = {"attention.self.key", "attention.self.value", "attention.output.dense", "output.dense"};
  EXPECT_EQ(adapted("ia3", [](Options&) {}), in_layers(names));
  EXPECT_EQ(adapted("ia3",
                    [](Options& o) {
                      o.target_modules = {"key"};
                      o.layers_to_transform = {1};
                    }),
            std::set<std::string>{"bert.encoder.layer.1.attention.self.key"});
}

TEST(Targets, ModulesToSaveTrainInFullBesideTheAdapters) {
  const auto model = tiny_bert();
  Options options;
  options.target_modules = {"all-linear"};
  options.modules_to_save = {"attention.output", "classifier"};  // a module, and with it the layers within
  const auto facts = model_facts(*model, 8, false);
  const auto stage = find_method("lora").stages(facts, options).front();
  check_stage(*model, stage, options);
  std::set<std::string> whole;
  for (const auto& one : apply_stage(*model, stage, options)) {
    if (one.name.find("lora_") == std::string::npos) whole.insert(one.name);
  }
  auto expected = in_layers({"attention.output.dense", "attention.output.LayerNorm"}, ".weight");
  expected.merge(in_layers({"attention.output.dense", "attention.output.LayerNorm"}, ".bias"));
  expected.merge(std::set<std::string>{"bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight",
                                       "classifier.bias"});
  EXPECT_EQ(whole, expected);
  for (const auto& name : in_layers({"attention.output.dense"})) {
    EXPECT_EQ(model->find_layer(name)->adapter, nullptr) << name;
  }
  options.modules_to_save = {"word_embedding"};
  expect_contains(message_of(ErrorKind::usage, [&] { check_stage(*model, stage, options); }),
                  "modules_to_save: 'word_embedding' names no layer of the blocks that train: encoder.layer.0, ");
}

TEST(Targets, ThatNothingMatchesAreRefusedAndLeaveTheModel) {
  const auto model = tiny_bert();
  Options options;
  options.target_modules = {"c_attn"};
  const auto facts = model_facts(*model, 8, false);
  const auto stage = find_method("lora").stages(facts, options).front();
  expect_contains(message_of(ErrorKind::usage, [&] { check_stage(*model, stage, options); }),
                  "target_modules [c_attn] match no layer of this bert model; layers of encoder.layer.0: ");
  options.target_modules = {"query"};
  check_stage(*model, stage, options);
  for (const auto& [name, layer] : model->layers()) {
    EXPECT_EQ(layer->adapter, nullptr) << name;
    EXPECT_FALSE(layer->weight.requires_grad()) << name;
  }
  options.layers_to_transform = {3};
  expect_contains(message_of(ErrorKind::usage, [&] { find_method("ia3").stages(facts, options); }),
                  "layers_to_transform: 3 is no block of this bert model; its 3 blocks are 0 to 2");
}

}  // namespace
}  // namespace strop
