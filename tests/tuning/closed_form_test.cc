#include "tuning/closed_form.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "closed_form_helpers.h"
#include "core/error.h"
#include "tuning/logistic.h"

namespace strop {
namespace {

struct Case {
  std::string name;
  HeadData data;
};

HeadData with_weights(HeadData data) {
  data.weights = normal_rows(data.features.size(0), 1, 5).squeeze(1).abs() + 0.2;
  data.weights[3] = 0;
  return data;
}

HeadData with_groups(HeadData data, std::int64_t size) {
  data.groups = torch::arange(data.features.size(0)).div(size, "floor") * 11 - 20;
  return data;
}

HeadData with_mixed_groups(HeadData data) {
  data.groups = torch::arange(data.features.size(0));
  data.groups.slice(0, 4, 7).fill_(-1);
  data.groups[20] = 0;
  data.groups.slice(0, 25, 36).fill_(99);
  return data;
}

HeadData with_constants(HeadData data) {
  data.features.select(1, 1).fill_(0.1F);
  data.features.select(1, 2).fill_(0);
  return data;
}

HeadData with_lone_and_empty_class(HeadData data) {
  data.labels = torch::arange(data.labels.size(0)) % 2;
  data.labels[5] = 2;
  data.classes = 4;
  return data;
}

std::vector<Case> cases() {
  return {{"plain", blobs(40, 6, 3, 1)},
          {"weights", with_weights(blobs(40, 6, 3, 1))},
          {"pairs", with_groups(blobs(40, 6, 3, 1), 2)},
          {"large_groups", with_groups(blobs(40, 6, 3, 1), 8)},
          {"mixed_groups", with_mixed_groups(blobs(40, 6, 3, 1))},
          {"mixed_groups_wide", with_mixed_groups(blobs(40, 70, 3, 1))},
          {"weights_and_groups", with_weights(with_groups(blobs(40, 9, 3, 1), 4))},
          {"weights_and_groups_wide", with_weights(with_mixed_groups(blobs(40, 60, 3, 1)))},
          {"wide", blobs(20, 50, 2, 2)},
          {"square", blobs(20, 20, 2, 2)},
          {"fewer_samples_than_classes", blobs(5, 4, 9, 3)},
          {"constant_features", with_constants(blobs(30, 5, 2, 4))},
          {"constant_features_wide", with_constants(blobs(10, 15, 2, 4))},
          {"lone_and_empty_class", with_lone_and_empty_class(blobs(30, 5, 4, 5))}};
}

TEST(Ridge, leave_out_equals_fitting_again_without_the_group) {
  for (const auto& [name, data] : cases()) {
    for (const double penalty : {0.05, 3.0, 200.0}) {
      EXPECT_LT(largest_gap(ridge_leave_out(data, penalty), plain_leave_out(data, penalty)), 1e-9)
          << name << " " << penalty;
    }
  }
}

TEST(Ridge, layer_equals_the_plain_fit_divided_by_the_temperature) {
  for (const auto& [name, data] : cases()) {
    const LinearHead head = ridge(data, {2.0});
    const Tensor expected = plain_ridge(standardised(data), targets(data), weights_of(data), 2.0) / head.temperature;
    EXPECT_LT(largest_gap(logits(head, data.features), expected), 3e-5 * (1 + expected.abs().max().item<double>()))
        << name;
    EXPECT_EQ(head.weight.scalar_type(), torch::kFloat32);
  }
}

// A network's output that ought to be constant differs by what its sums have rounded: no weight may make it up.
TEST(Ridge, so_do_features_that_are_constant_but_for_rounding) {
  auto data = blobs(30, 5, 2, 4);
  data.features.select(1, 1).fill_(100).add_(normal_rows(30, 1, 9).select(1, 0) * 3e-4);
  const LinearHead head = ridge(data, {2.0});
  EXPECT_EQ(head.weight.select(1, 1).abs().max().item<double>(), 0);
  EXPECT_LT(head.weight.abs().max().item<double>(), 100);
}

TEST(Ridge, constant_features_get_weight_zero) {
  const LinearHead head = ridge(with_constants(blobs(30, 5, 2, 4)));
  EXPECT_EQ(head.weight.slice(1, 1, 3).abs().max().item<float>(), 0);
  EXPECT_GT(head.weight.abs().max().item<float>(), 0);
}

TEST(Ridge, nothing_but_constant_features_predicts_the_shares_of_the_classes) {
  HeadData data = blobs(30, 3, 2, 4);
  data.features.fill_(2);
  data.labels.slice(0, 0, 20).fill_(1);
  const LinearHead head = ridge(data);
  EXPECT_EQ(head.weight.abs().max().item<float>(), 0);
  EXPECT_EQ(head.bias.argmax().item<std::int64_t>(), 1);
}

TEST(Ridge, scores_are_those_of_the_left_out_predictions) {
  const HeadData data = blobs(60, 8, 3, 6);
  const LinearHead head = ridge(data);
  const Tensor left_out = plain_leave_out(data, head.penalty);
  EXPECT_NEAR(head.loo_loss, cross_entropy(left_out / head.temperature, data.labels), 1e-9);
  EXPECT_NEAR(head.loo_accuracy, share_right(left_out, data.labels), 1e-12);
  for (const double factor : {0.98, 1.02}) {
    EXPECT_GT(cross_entropy(left_out / (head.temperature * factor), data.labels), head.loo_loss);
  }
}

TEST(Ridge, takes_the_penalty_with_the_lowest_left_out_loss) {
  const HeadData data = blobs(60, 8, 3, 6);
  const std::vector<double> tried = {0.1, 1, 10, 100, 1000};
  double best = ridge(data, {tried[0]}).loo_loss;
  for (const double penalty : tried) best = std::min(best, ridge(data, {penalty}).loo_loss);
  EXPECT_EQ(ridge(data, tried).loo_loss, best);
  EXPECT_LT(best, ridge(data, {0.1}).loo_loss);
}

TEST(Ridge, takes_the_larger_penalty_on_a_tie) {
  HeadData data = blobs(20, 3, 2, 4);
  data.features.fill_(1);
  EXPECT_EQ(ridge(data, {0.1, 10, 1}).penalty, 10);
}

TEST(Ridge, a_weight_of_two_is_two_copies_in_one_group) {
  HeadData weighted = blobs(30, 6, 3, 7);
  weighted.weights = torch::ones(30);
  weighted.weights.slice(0, 0, 10).fill_(2);
  HeadData copied = blobs(30, 6, 3, 7);
  copied.features = torch::cat({copied.features, copied.features.slice(0, 0, 10)});
  copied.labels = torch::cat({copied.labels, copied.labels.slice(0, 0, 10)});
  copied.groups = torch::cat({torch::arange(30), torch::arange(10)});
  const LinearHead a = ridge(weighted), b = ridge(copied);
  EXPECT_NEAR(a.penalty, b.penalty, 1e-9 * a.penalty);
  EXPECT_NEAR(a.loo_loss, b.loo_loss, 1e-9);
  EXPECT_LT(largest_gap(a.weight, b.weight), 1e-5);
}

// Random labels: whoever claims to predict them has seen a copy.
HeadData views_of_noise() {
  HeadData data;
  data.classes = 2;
  data.features = normal_rows(100, 60, 8).repeat_interleave(4, 0) + 0.05 * normal_rows(400, 60, 9);
  data.labels = normal_rows(100, 1, 10).gt(0).to(torch::kInt64).squeeze(1).repeat_interleave(4);
  return data;
}

TEST(AllSolvers, views_of_a_sample_are_left_out_together) {
  HeadData data = views_of_noise();
  for (const char* solver : {"ridge", "lda", "logistic"}) {
    data.groups = Tensor();
    EXPECT_GT(solve_head(solver, data).loo_accuracy, 0.75) << solver;
    data.groups = torch::arange(100).repeat_interleave(4);
    EXPECT_LT(solve_head(solver, data).loo_accuracy, 0.65) << solver;
  }
}

TEST(AllSolvers, left_out_accuracy_foretells_that_on_new_samples) {
  const HeadData all = blobs(3000, 12, 4, 11);
  HeadData seen{all.features.slice(0, 0, 600), all.labels.slice(0, 0, 600), 4, {}, {}};
  const Tensor unseen = all.features.slice(0, 600), truth = all.labels.slice(0, 600);
  for (const char* solver : {"ridge", "lda", "logistic", "auto"}) {
    const LinearHead head = solve_head(solver, seen);
    EXPECT_NEAR(share_right(logits(head, unseen), truth), head.loo_accuracy, 0.06) << solver;
    EXPECT_NEAR(cross_entropy(logits(head, unseen), truth), head.loo_loss, 0.12) << solver;
    EXPECT_GT(head.loo_accuracy, 0.45) << solver;
  }
}

TEST(AllSolvers, odd_data_gives_finite_heads) {
  for (const auto& [name, data] : cases()) {
    for (const char* solver : {"ridge", "lda", "logistic", "auto"}) {
      const LinearHead head = solve_head(solver, data);
      EXPECT_TRUE(head.weight.isfinite().all().item<bool>() && head.bias.isfinite().all().item<bool>())
          << name << " " << solver;
      EXPECT_TRUE(std::isfinite(head.loo_loss)) << name << " " << solver;
    }
  }
}

TEST(AllSolvers, features_of_other_types_give_the_same_head_and_stay_as_they_are) {
  for (const std::int64_t width : {6, 50}) {
    const HeadData data = blobs(30, width, 2, 18);
    HeadData wide = data;
    wide.features = data.features.to(torch::kFloat64);
    EXPECT_TRUE(torch::equal(ridge(wide).weight, ridge(data).weight));
    EXPECT_TRUE(torch::equal(wide.features, data.features.to(torch::kFloat64)));
  }
}

TEST(AllSolvers, auto_takes_one_of_its_two) {
  const HeadData data = blobs(300, 10, 3, 12);
  const LinearHead chosen = solve_head("auto", data);
  EXPECT_TRUE(chosen.solver == "ridge" || chosen.solver == "logistic");
  EXPECT_TRUE(torch::equal(chosen.weight, solve_head(chosen.solver, data).weight));
}

// Far-off samples of one class: squares are drawn by them, likelihood is not.
TEST(AllSolvers, auto_takes_logistic_where_squares_are_misled) {
  HeadData data = blobs(400, 2, 2, 13);
  data.labels = data.features.select(1, 0).gt(5.05).to(torch::kInt64);
  data.features.slice(0, 0, 30).select(1, 0).add_(40);
  data.labels.slice(0, 0, 30).fill_(1);
  EXPECT_EQ(solve_head("auto", data).solver, "logistic");
}

// Coefficients of scikit-learn on standardised data (tests/tuning/make_reference.py), seen through the folded layer.
void expect_coefficients(const LinearHead& head, const HeadData& data, const Tensor& weight, const Tensor& bias) {
  const Tensor expected = standardised(data).mm(weight.to(torch::kFloat64).t()) + bias;
  const Tensor found = logits(head, data.features).to(torch::kFloat64) * head.temperature;
  EXPECT_LT(largest_gap(found - found.mean(1, true), expected - expected.mean(1, true)), 1e-4);
  const Tensor deviation = (data.features - data.features.mean(0)).square().mean(0).sqrt();
  const Tensor own = head.weight * deviation * head.temperature;
  EXPECT_LT(largest_gap(own - own.mean(0), weight - weight.mean(0)), 1e-4);
}

TEST(Logistic, equals_scikit_learn_with_three_classes) {
  const HeadData data = reference_data(60, 5, 3);
  const Tensor weight = torch::tensor({1.0277717, -0.2502655, -0.3296865, 0.5331369, -0.5460729,   //
                                       -0.8840711, 0.8123321, -0.384113, -0.5056941, 0.8329249,    //
                                       -0.1437006, -0.5620666, 0.7137994, -0.0274428, -0.286852})  //
                            .view({3, 5});
  expect_coefficients(logistic(data, {1.5}), data, weight, torch::tensor({0.1047514, -0.4644148, 0.3596634}));
}

// Two classes have one coefficient vector there: the difference of our two rows, under half our penalty.
TEST(Logistic, equals_scikit_learn_with_two_classes) {
  const HeadData data = reference_data(40, 4, 2);
  const Tensor difference = torch::tensor({-0.6865536, 0.7498059, -0.6771083, 1.1909195});
  const Tensor bias = torch::tensor({-0.3830016});
  expect_coefficients(logistic(data, {2 * 0.6}), data, torch::stack({-difference / 2, difference / 2}),
                      torch::cat({-bias / 2, bias / 2}));
}

TEST(Logistic, weights_count_as_copies) {
  HeadData weighted = blobs(40, 5, 3, 14);
  weighted.weights = torch::ones(40);
  weighted.weights.slice(0, 0, 12).fill_(3);
  HeadData copied = blobs(40, 5, 3, 14);
  copied.features = torch::cat({copied.features, copied.features.slice(0, 0, 12).repeat({2, 1})});
  copied.labels = torch::cat({copied.labels, copied.labels.slice(0, 0, 12).repeat(2)});
  copied.groups = torch::cat({torch::arange(40), torch::arange(12).repeat(2)});
  const LinearHead a = logistic(weighted, {0.5, 4}), b = logistic(copied, {0.5, 4});
  EXPECT_EQ(a.penalty, b.penalty);
  EXPECT_NEAR(a.loo_loss, b.loo_loss, 1e-5);
  EXPECT_LT(largest_gap(a.weight * a.temperature, b.weight * b.temperature), 1e-4);
}

// At the minimum the gradient of the whole objective is zero, whatever way led there.
TEST(Logistic, ends_at_the_minimum_for_many_classes_and_correlated_features) {
  HeadData data = blobs(400, 40, 12, 15);
  data.features = data.features.mm(normal_rows(40, 40, 16)) + 20 * data.features.select(1, 0).unsqueeze(1);
  const double penalty = 0.3;
  const LinearHead head = logistic(data, {penalty});
  const Tensor deviation = (data.features - data.features.mean(0)).square().mean(0).sqrt();
  const Tensor weight = (head.weight * deviation * head.temperature).to(torch::kFloat64);
  const Tensor p = torch::softmax(logits(head, data.features).to(torch::kFloat64) * head.temperature, 1);
  const Tensor gradient = (p - targets(data)).t().mm(standardised(data)) + penalty * weight;
  EXPECT_LT(gradient.abs().max().item<double>(), 0.02);
  EXPECT_LT((p - targets(data)).sum(0).abs().max().item<double>(), 0.02);
}

TEST(Lda, equals_scikit_learn) {
  const HeadData data = reference_data(60, 5, 3);
  const Tensor weight = torch::tensor({1.2876489, -0.3977484, -0.6203672, 0.7585393, -0.5390297,    //
                                       -1.2836535, 1.1905071, -0.1964925, -0.7741163, 1.1381389,    //
                                       -0.2611256, -0.6339331, 0.8592472, -0.1376886, -0.4313923})  //
                            .view({3, 5});
  expect_coefficients(lda(data, {0.25}), data, weight, torch::tensor({-2.0215513, -2.7251289, -1.6546575}));
  EXPECT_EQ(lda(data, {0.25}).penalty, 0.25);
}

std::string message_of(const std::string& solver, const HeadData& data) {
  try {
    solve_head(solver, data);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(AllSolvers, say_what_is_wrong_with_the_data) {
  const HeadData good = blobs(10, 3, 2, 17);
  EXPECT_NE(message_of("svm", good).find("head_solver=svm"), std::string::npos);
  HeadData bad = good;
  bad.labels = good.labels.clone();
  bad.labels[4] = 2;
  EXPECT_EQ(message_of("ridge", bad), "head label 2 at row 4 is no class; expected 0 to 1");
  bad = good;
  bad.features = good.features.clone();
  bad.features[7][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message_of("lda", bad).find("row 7 are not finite"), std::string::npos);
  bad = good;
  bad.labels = good.labels.slice(0, 1);
  EXPECT_EQ(message_of("ridge", bad), "head labels have shape [9] for 10 rows of features; expected one a row");
  bad = good;
  bad.weights = torch::full(10, -1.0);
  EXPECT_EQ(message_of("ridge", bad), "head weight -1 at row 0; expected a number from 0 on");
  bad.weights = torch::zeros(10);
  EXPECT_EQ(message_of("ridge", bad), "head weights are all 0; expected some above");
  bad.weights[2] = 1;
  for (const char* solver : {"ridge", "lda", "logistic"}) {
    EXPECT_NE(message_of(solver, bad).find("one group holds all their weight"), std::string::npos) << solver;
  }
}

}  // namespace
}  // namespace strop
