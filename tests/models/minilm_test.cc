// all-MiniLM-L6-v2 as people download it, text to features, against Transformers 5.23 (AutoModel, fp32): the first
// features of the mean over the tokens and of the pooler.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdlib>
#include <numeric>

#include "models/family.h"
#include "text/tokenizer.h"

namespace strop {
namespace {

struct Row {
  const char* text;
  std::vector<double> mean, pooler;
};
const std::vector<Row> kRows = {
    {"a film of rare warmth",
     {-0.5090632, 0.1488566, -0.0116195, 0.6515195, 0.4151058},
     {0.0382066, -0.0634729, 0.0111319, 0.0355712, -0.085564}},
    {"dull from start to end , and long",
     {-0.1282168, -0.4757574, 0.512918, 0.3940762, 0.1460392},
     {0.0158409, 0.026883, -0.0307181, -0.0094494, -0.0862448}},
    {"wonderful",
     {-0.4667333, -0.1011365, -0.1664083, -0.1390723, 0.1124588},
     {-0.0437749, 0.027127, 0.0153886, 0.0534163, -0.0608986}},
};

State packed(const Tokenizer& tokenizer) {
  std::vector<std::int64_t> ids, positions, bounds = {0};
  for (const auto& row : kRows) {
    std::vector<std::int32_t> own;
    tokenizer.encode_ids(row.text, 128, own);
    ids.insert(ids.end(), own.begin(), own.end());
    for (std::size_t i = 0; i < own.size(); ++i) positions.push_back(static_cast<std::int64_t>(i));
    bounds.push_back(static_cast<std::int64_t>(ids.size()));
  }
  State state;
  state.set("input_ids", torch::tensor(ids, torch::kLong));
  state.set("position_ids", torch::tensor(positions, torch::kLong));
  state.set("token_type_ids", torch::zeros({static_cast<std::int64_t>(ids.size())}, torch::kLong));
  state.set("cu_seqlens", torch::tensor(bounds, torch::kLong));
  return state;
}

TEST(MiniLm, FeaturesEqualTransformers) {
  const char* assets = std::getenv("STROP_ASSETS");
  const auto folder = std::filesystem::path(assets == nullptr ? "" : assets) / "all-MiniLM-L6-v2";
  if (!std::filesystem::exists(folder / "config.json"))
    GTEST_SKIP() << "STROP_ASSETS names no folder with all-MiniLM-L6-v2";
  torch::NoGradGuard no_grad;
  const auto tokenizer = load_tokenizer(folder);
  for (const std::string pooling : {"mean", "pooler"}) {
    ModelOptions options;
    options.pooling = pooling;
    options.label_names = {"one", "two"};
    const auto opened = open_model(folder, options);
    EXPECT_EQ(opened.made, std::vector<std::string>{"classifier"});
    State state = packed(*tokenizer);
    opened.model->forward(state, {}, 0, opened.model->size());
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      const auto& expected = pooling == "mean" ? kRows[i].mean : kRows[i].pooler;
      for (std::size_t c = 0; c < expected.size(); ++c) {
        EXPECT_NEAR(state.at("pooled")[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(c)].item<double>(),
                    expected[c], 1e-5)
            << pooling << " of '" << kRows[i].text << "', feature " << c;
      }
    }
  }
}

}  // namespace
}  // namespace strop
