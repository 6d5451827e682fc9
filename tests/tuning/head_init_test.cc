#include "tuning/head_init.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "closed_form_helpers.h"
#include "core/error.h"

namespace strop {
namespace {

constexpr std::int64_t kWidth = 6;

PretrainedHead pretrained() {
  return {{"negative", "neutral", "positive"}, normal_rows(3, kWidth, 1), torch::tensor({0.1F, -0.2F, 0.3F})};
}

HeadData samples(std::int64_t classes) {
  return {normal_rows(30, kWidth, 3), torch::arange(30) % classes, classes, {}, {}};
}

TEST(HeadInit, rows_of_the_same_name_are_kept_wherever_they_stand) {
  const HeadInit head =
      init_head("pretrained", {"positive", "negative"}, kWidth, pretrained(), samples(2), 1);
  EXPECT_TRUE(torch::equal(head.weight, pretrained().weight.index_select(0, torch::tensor({2, 0}))));
  EXPECT_TRUE(torch::equal(head.bias, torch::tensor({0.3F, 0.1F})));
  EXPECT_EQ(head.origin[0], "positive: kept from the pretrained head");
  EXPECT_EQ(head.origin[1], "negative: kept from the pretrained head");
}

TEST(HeadInit, a_new_class_is_the_mixture_that_the_old_head_sees_in_it) {
  const HeadData data = samples(3);
  const PretrainedHead old = pretrained();
  const HeadInit head = init_head("pretrained", {"negative", "joy", "positive"}, kWidth, old, data, 1);
  const Tensor own = data.features.index_select(0, data.labels.eq(1).nonzero().squeeze(1));
  const Tensor shares = torch::softmax(own.mm(old.weight.t()) + old.bias, 1).mean(0);
  EXPECT_LT(largest_gap(head.weight[1], shares.matmul(old.weight)), 1e-6);
  EXPECT_LT(largest_gap(head.bias[1], shares.dot(old.bias)), 1e-6);
  EXPECT_TRUE(torch::equal(head.weight[0], old.weight[0]) && torch::equal(head.weight[2], old.weight[2]));
  const auto largest = shares.argmax().item<std::int64_t>();
  EXPECT_EQ(head.origin[1].rfind(fmt::format("joy: new; {:.2f} {} + ", shares[largest].item<double>(),
                                             old.labels[static_cast<std::size_t>(largest)]),
                                 0),
            0U)
      << head.origin[1];
  EXPECT_NE(head.origin[1].find("10 samples"), std::string::npos) << head.origin[1];
}

TEST(HeadInit, a_new_class_without_samples_falls_back_to_chance) {
  const HeadInit by_chance = init_head("pretrained", {"negative", "joy"}, kWidth, pretrained(), {}, 1);
  EXPECT_EQ(by_chance.origin[1].rfind("joy: random", 0), 0U) << by_chance.origin[1];
  EXPECT_GT(by_chance.weight[1].abs().max().item<float>(), 0);
}

TEST(HeadInit, a_pretrained_head_without_bias_has_bias_zero) {
  PretrainedHead old = pretrained();
  old.bias = Tensor();
  const HeadInit head = init_head("pretrained", {"neutral"}, kWidth, old, {}, 1);
  EXPECT_EQ(head.bias[0].item<float>(), 0);
}

TEST(HeadInit, random_rows_depend_on_seed_and_row_alone) {
  const HeadInit two = init_head("random", {"a", "b"}, 5000, {}, {}, 7);
  const HeadInit three = init_head("random", {"x", "y", "z"}, 5000, {}, {}, 7);
  EXPECT_TRUE(torch::equal(two.weight, three.weight.slice(0, 0, 2)));
  EXPECT_FALSE(torch::equal(two.weight[0], two.weight[1]));
  EXPECT_FALSE(torch::equal(two.weight, init_head("random", {"a", "b"}, 5000, {}, {}, 8).weight));
  EXPECT_NEAR(three.weight.std().item<double>(), 0.02, 0.001);
  EXPECT_NEAR(three.weight.mean().item<double>(), 0, 0.001);
  EXPECT_EQ(three.bias.abs().max().item<float>(), 0);
  EXPECT_EQ(two.origin[0], "a: random, normal with deviation 0.02");
}

TEST(HeadInit, auto_keeps_what_the_old_head_knows) {
  const auto first = [](const std::vector<std::string>& labels, const std::optional<PretrainedHead>& old) {
    return init_head("auto", labels, kWidth, old, {}, 1).origin[0];
  };
  EXPECT_EQ(first({"positive", "joy"}, pretrained()), "positive: kept from the pretrained head");
  EXPECT_EQ(first({"joy", "fear"}, pretrained()), "joy: random, normal with deviation 0.02");
  EXPECT_EQ(first({"joy", "fear"}, {}), "joy: random, normal with deviation 0.02");
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(HeadInit, says_what_does_not_fit) {
  const auto attempt = [](const std::string& mode, std::int64_t width, const std::optional<PretrainedHead>& old) {
    return message_of([&] { init_head(mode, {"positive"}, width, old, {}, 1); });
  };
  EXPECT_NE(attempt("pretrained", kWidth, {}).find("comes without a head"), std::string::npos);
  EXPECT_EQ(attempt("xavier", kWidth, {}), "head_init=xavier; expected auto, pretrained or random");
  EXPECT_NE(attempt("pretrained", 8, pretrained()).find("has shape [3, 6], the model gives 8 features"),
            std::string::npos);
  PretrainedHead odd = pretrained();
  odd.labels.pop_back();
  EXPECT_NE(attempt("auto", kWidth, odd).find("no error"), std::string::npos);
  EXPECT_NE(attempt("pretrained", kWidth, odd).find("3 rows, 2 label names"), std::string::npos);
}

}  // namespace
}  // namespace strop
