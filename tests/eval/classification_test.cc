#include "eval/classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/error.h"

namespace strop {
namespace {

using Json = nlohmann::json;

Json reference() {
  std::ifstream file(STROP_SOURCE_DIR "/tests/data/eval/classification.json");
  return Json::parse(file);
}

std::vector<std::string> class_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < count; ++c) names.push_back("class " + std::to_string(c));
  return names;
}

TEST(ClassificationMetrics, EqualScikitLearn) {
  const Json cases = reference();
  ASSERT_GE(cases.size(), 10U);
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected["name"].get<std::string>());
    const auto labels = expected["labels"].get<std::vector<std::int32_t>>();
    const auto probabilities = expected["probabilities"].get<std::vector<float>>();
    const auto m = classification_metrics(labels, probabilities, class_names(expected["classes"]));
    EXPECT_NEAR(m.loss, expected["loss"], 1e-12);
    EXPECT_NEAR(m.accuracy, expected["accuracy"], 1e-12);
    EXPECT_NEAR(m.f1_macro, expected["f1_macro"], 1e-12);
    EXPECT_NEAR(m.f1_micro, expected["f1_micro"], 1e-12);
    EXPECT_NEAR(m.f1_weighted, expected["f1_weighted"], 1e-12);
    EXPECT_NEAR(m.matthews, expected["matthews"], 1e-12);
    EXPECT_NEAR(m.calibration_error, expected["calibration_error"], 1e-12);
    EXPECT_EQ(m.confusion, expected["confusion"].get<std::vector<std::int64_t>>());
    for (std::size_t c = 0; c < m.classes.size(); ++c) {
      EXPECT_NEAR(m.classes[c].precision, expected["precision"][c], 1e-12);
      EXPECT_NEAR(m.classes[c].recall, expected["recall"][c], 1e-12);
      EXPECT_NEAR(m.classes[c].f1, expected["f1"][c], 1e-12);
      EXPECT_EQ(m.classes[c].support, expected["support"][c].get<std::int64_t>());
    }
    EXPECT_EQ(worst_mistakes(labels, probabilities, m.classes.size(), 5),
              expected["worst"].get<std::vector<std::size_t>>());
  }
}

TEST(ClassificationMetrics, StandardErrorAndBinsAddUp) {
  const std::vector<std::int32_t> labels = {0, 1, 1, 0};
  const std::vector<float> probabilities = {0.9F, 0.1F, 0.2F, 0.8F, 0.6F, 0.4F, 0.7F, 0.3F};
  const auto m = classification_metrics(labels, probabilities, {"no", "yes"});
  EXPECT_DOUBLE_EQ(m.accuracy_stderr, std::sqrt(0.75 * 0.25 / 4));
  std::int64_t rows = 0;
  for (const auto& bin : m.calibration) rows += bin.count;
  EXPECT_EQ(rows, 4);
  EXPECT_EQ(m.calibration.size(), 15U);
}

TEST(ClassificationMetrics, NoRowsGiveZeros) {
  const auto m = classification_metrics({}, {}, {"a", "b"});
  EXPECT_EQ(m.samples, 0);
  EXPECT_EQ(m.accuracy, 0);
  EXPECT_EQ(m.classes.size(), 2U);
}

TEST(ClassificationMetrics, RefusesWrongSizesAndLabels) {
  const std::vector<std::int32_t> labels = {2};
  const std::vector<float> probabilities = {0.5F, 0.5F};
  EXPECT_THROW(classification_metrics(labels, probabilities, {"a", "b"}), std::logic_error);
  EXPECT_THROW(classification_metrics(labels, probabilities, {"a", "b", "c"}), std::logic_error);
}

TEST(MetricsJson, ReadsBackWhatItWrote) {
  const Json first = reference()[1];
  const auto labels = first["labels"].get<std::vector<std::int32_t>>();
  const auto probabilities = first["probabilities"].get<std::vector<float>>();
  const auto written = classification_metrics(labels, probabilities, class_names(first["classes"]));
  const std::string text = metrics_json(written, "test");
  EXPECT_EQ(Json::parse(text)["test_f1"].get<double>(), written.f1_macro);
  const auto read = metrics_from_json(text, "test");
  EXPECT_EQ(metrics_json(read, "test"), text);
  EXPECT_EQ(metrics_from_json(text, "eval").samples, 0);
}

TEST(MetricsJson, NamesTheTroubleInABrokenText) {
  EXPECT_THROW(metrics_from_json("{", "eval"), Error);
  EXPECT_THROW(metrics_from_json(R"({"eval_loss": "low"})", "eval"), Error);
}

}  // namespace
}  // namespace strop
