// A frozen prefix in bf16 is held to fp32 before it is used.
#include "train/check_precision.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/reference.h"
#include "random_tokens.h"

namespace strop {
namespace {

TEST(CheckPrecision, SmallErrorsAreSafe) {
  RandomTokens tokens;
  const auto model = tiny_bert();
  const auto check = check_precision(*model, tokens, model->size() - 1, false);
  EXPECT_EQ(check.samples, 150);
  EXPECT_GT(check.feature_error, 1e-4) << "bf16 keeps 8 bits";
  EXPECT_LT(check.feature_error, 2e-2);
  EXPECT_EQ(check.agreement, 1);
  EXPECT_EQ(check_precision(*model, tokens, 0, true).feature_error, 0) << "nothing lies below the cut";
}

// Where every key is next to the same, a rounding decides which is read.
TEST(CheckPrecision, LostFeaturesAreNot) {
  RandomTokens tokens;
  const auto model = tiny_bert();
  for (const auto& [name, layer] : model->layers()) {
    if (name.find("query") != std::string::npos) layer->weight = layer->weight * 1000;
  }
  const auto check = check_precision(*model, tokens, model->size() - 1, true);
  EXPECT_FALSE(check.safe()) << check.text();
  EXPECT_EQ(check.text().substr(0, 5), "fp32:");
}

}  // namespace
}  // namespace strop
