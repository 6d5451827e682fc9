#include "data/describe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace strop {
namespace {

TextData sample_data() {
  TextData data;
  data.label_names = {"neg", "pos"};
  data.train.file = "train.csv";
  data.train.texts = {"a b c", "d", "", "A B C", "这部电影"};
  data.train.labels = {1, 0, 1, 0, 1};
  data.train.lines = {2, 3, 4, 5, 6};
  data.test.file = "test.csv";
  data.test.texts = {"D ", "new"};
  data.test.labels = {0, -1};
  data.test.lines = {2, 3};
  data.notes = {"said"};
  return data;
}

TEST(Describe, CountsWhatIsThere) {
  const DataFacts facts = describe(sample_data());
  ASSERT_EQ(facts.splits.size(), 2U);
  const SplitFacts& train = facts.splits[0];
  EXPECT_EQ(train.rows, 5);
  EXPECT_EQ(train.rows_by_class, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(train.empty_texts, 1);
  EXPECT_EQ(train.repeated, 1);
  EXPECT_EQ(train.conflicting, 1);
  EXPECT_EQ(train.words_histogram, (std::vector<std::int64_t>{1, 1, 2, 1}));  // 0; 1; 3 3; 4
  EXPECT_DOUBLE_EQ(train.mean_words, 11.0 / 5);
  EXPECT_EQ(train.median_words, 3);
  EXPECT_EQ(train.max_words, 4);
  EXPECT_EQ(facts.splits[1].leaked, 1);
  EXPECT_EQ(facts.splits[1].unlabelled, 1);
  EXPECT_DOUBLE_EQ(facts.imbalance, 1.5);
  EXPECT_DOUBLE_EQ(facts.majority, 0.6);
}

TEST(Describe, JsonHoldsTheSame) {
  const nlohmann::json json = to_json(describe(sample_data()));
  EXPECT_EQ(json["splits"][0]["name"], "train");
  EXPECT_EQ(json["splits"][0]["rows_by_class"], nlohmann::json({2, 3}));
  EXPECT_EQ(json["splits"][1]["file"], "test.csv");
  EXPECT_EQ(json["label_names"], nlohmann::json({"neg", "pos"}));
  EXPECT_EQ(json["notes"][0], "said");
}

}  // namespace
}  // namespace strop
