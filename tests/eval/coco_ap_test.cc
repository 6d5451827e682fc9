#include "eval/coco_ap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace strop {
namespace {

using Json = nlohmann::json;

Json reference() {
  std::ifstream file(STROP_SOURCE_DIR "/tests/data/eval/coco.json");
  return Json::parse(file);
}

std::vector<std::string> class_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < count; ++c) names.push_back("class " + std::to_string(c));
  return names;
}

std::vector<JudgedPicture> pictures_of(const Json& set) {
  std::vector<JudgedPicture> pictures;
  for (const auto& entry : set["pictures"]) {
    JudgedPicture picture;
    for (const auto& t : entry["truths"]) {
      picture.truths.push_back({{t[0], t[1], t[2], t[3]}, t[4], t[5].get<int>() != 0, t[6], 1});
    }
    for (const auto& f : entry["found"]) picture.found.push_back({{f[0], f[1], f[2], f[3]}, f[4], f[5]});
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

BoxMetrics metrics_of(const Json& set) { return box_metrics(pictures_of(set), class_names(set["classes"])); }

constexpr double kNear = 1e-9;

TEST(BoxMetrics, EqualCocoEval) {
  const Json sets = reference();
  ASSERT_GE(sets.size(), 7U);
  for (const auto& set : sets) {
    SCOPED_TRACE(set["name"].get<std::string>());
    const auto m = metrics_of(set);
    const Json own = Json::parse(metrics_json(m, "eval"));
    for (const char* key : {"map", "map_50", "map_75", "map_small", "map_medium", "map_large", "mar_1", "mar_10",
                            "mar_100", "mar_small", "mar_medium", "mar_large"}) {
      EXPECT_NEAR(own.at(std::string("eval_") + key).get<double>(), set[key].get<double>(), kNear) << key;
    }
    EXPECT_EQ(m.samples, static_cast<std::int64_t>(set["pictures"].size()));
    ASSERT_EQ(m.classes.size(), set["of_class"].size());
    for (std::size_t c = 0; c < m.classes.size(); ++c) {
      SCOPED_TRACE(m.classes[c].name);
      const auto& expected = set["of_class"][c];
      EXPECT_NEAR(m.classes[c].map, expected["map"].get<double>(), kNear);
      EXPECT_NEAR(m.classes[c].map_50, expected["map_50"].get<double>(), kNear);
      EXPECT_NEAR(m.classes[c].mar_100, expected["mar_100"].get<double>(), kNear);
      if (m.classes[c].support == 0) continue;
      ASSERT_EQ(m.classes[c].precision_50.size(), 101U);
      for (std::size_t i = 0; i < 11; ++i) {
        EXPECT_NEAR(m.classes[c].precision_50[10 * i], expected["precision_50"][i].get<double>(), kNear) << i;
      }
    }
  }
}

TEST(BoxMetrics, WithoutTruthsMinusOne) {
  const std::vector<JudgedPicture> pictures = {{{}, {{{0, 0, 5, 5}, 0, 0.5}}}, {}};
  const auto m = box_metrics(pictures, {"a", "b"});
  for (const double figure :
       {m.map, m.map_50, m.map_75, m.map_small, m.map_medium, m.map_large, m.mar_1, m.mar_10, m.mar_100, m.mar_small,
        m.mar_medium, m.mar_large, m.classes[0].map, m.classes[1].mar_100}) {
    EXPECT_EQ(figure, -1);
  }
  EXPECT_EQ(m.samples, 2);
  EXPECT_TRUE(m.classes[0].precision_50.empty());
  EXPECT_EQ(box_metrics({}, {}).map, -1);
}

TEST(BoxMetrics, NothingFoundIsZeroAndCrowdsAreNoSupport) {
  const std::vector<JudgedPicture> pictures = {{{{{0, 0, 5, 5}, 0, false, 25, 1}, {{0, 0, 9, 9}, 0, true, 81, 2}}, {}}};
  const auto m = box_metrics(pictures, {"a"});
  EXPECT_EQ(m.map, 0);
  EXPECT_EQ(m.mar_100, 0);
  EXPECT_EQ(m.map_large, -1);
  EXPECT_EQ(m.classes[0].support, 1);
}

// A diverged network's scores would leave the order of sorting undefined.
TEST(BoxMetrics, ScoresThatAreNoNumbersDoNotCount) {
  auto pictures = pictures_of(reference()[0]);
  const auto names = class_names(3);
  const double none = std::numeric_limits<double>::quiet_NaN();
  const auto clean = metrics_json(box_metrics(pictures, names), "eval");
  for (auto& picture : pictures) {
    for (std::size_t i = 0; i < 40; ++i) {
      const auto at = picture.found.begin() + static_cast<std::ptrdiff_t>(i % (picture.found.size() + 1));
      picture.found.insert(at, {{0, 0, 400, 400}, static_cast<std::int32_t>(i % 3), none});
    }
  }
  EXPECT_EQ(metrics_json(box_metrics(pictures, names), "eval"), clean);
}

TEST(BoxMetrics, MeanOverSkipsClassesWithoutTruths) {
  BoxMetrics m;
  for (const double map : {0.5, -1.0, 0.25}) m.classes.push_back({.name = "", .map = map, .precision_50 = {}});
  const std::vector<std::int32_t> all = {0, 1, 2}, none = {1};
  EXPECT_DOUBLE_EQ(mean_over(m, all, &BoxClassMetrics::map), 0.375);
  EXPECT_EQ(mean_over(m, none, &BoxClassMetrics::map), -1);
}

TEST(BoxMetricsJson, ReadsBackWhatItWrote) {
  const auto written = metrics_of(reference()[1]);
  const auto text = metrics_json(written, "test");
  const auto read = box_metrics_from_json(text, "test");
  EXPECT_EQ(metrics_json(read, "test"), text);
  EXPECT_EQ(read.classes.size(), 4U);
  EXPECT_EQ(read.map_75, written.map_75);
  const auto other = box_metrics_from_json(text, "eval");
  EXPECT_EQ(other.samples, 0);
  EXPECT_EQ(other.map, -1);
}

TEST(BoxMetricsJson, NamesTheTroubleInABrokenText) {
  EXPECT_THROW(box_metrics_from_json("{", "eval"), Error);
  EXPECT_THROW(box_metrics_from_json("[]", "eval"), Error);
  EXPECT_THROW(box_metrics_from_json(R"({"eval_map": "high"})", "eval"), Error);
  EXPECT_THROW(box_metrics_from_json(R"({"eval_box_classes": [{"name": "a"}]})", "eval"), Error);
}

}  // namespace
}  // namespace strop
