#include "eval/box_confusion.h"

#include <gtest/gtest.h>

#include <limits>

#include "eval/coco_ap.h"

namespace strop {
namespace {

using Counts = std::vector<std::int64_t>;

// Boxes of 10 x 10 at (x, 0) do not meet where x differs by 10, and have an IoU of 1/3 where it differs by 5.
TrueBox truth(double x, std::int32_t label, bool crowd = false) { return {{x, 0, 10, 10}, label, crowd, 100, 1}; }
FoundBox found(double x, std::int32_t label, double score) { return {{x, 0, 10, 10}, label, score}; }

TEST(BoxConfusion, RightWrongMissedAndFalseAlarm) {
  const std::vector<JudgedPicture> pictures = {
      {{truth(0, 0), truth(20, 1), truth(40, 1)},
       {found(0, 0, 0.9), found(21, 0, 0.8), found(60, 1, 0.7), found(45, 1, 0.6)}}};  // the last meets nothing by half
  const auto m = box_confusion(pictures, 2, 0.25);
  EXPECT_EQ(m.counts, (Counts{1, 0, 0,     // the first is right
                              1, 0, 1,     // the second taken for the other class, the third missed
                              0, 2, 0}));  // two found where nothing is
  EXPECT_DOUBLE_EQ(m.precision, 1.0 / 4);
  EXPECT_DOUBLE_EQ(m.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(m.f1, 2.0 / 7);
}

TEST(BoxConfusion, TheBetterScoreChoosesFirstAndEachTruthOnce) {
  // Both meet the one truth; the second fits better but comes later.
  const std::vector<JudgedPicture> twice = {{{truth(0, 0)}, {found(0, 0, 0.5), found(2, 0, 0.6)}}};
  EXPECT_EQ(box_confusion(twice, 1, 0.25).counts, (Counts{1, 0, 1, 0}));
  // A worse box of the right class finds the truth taken by a better one of the wrong class.
  const std::vector<JudgedPicture> stolen = {{{truth(0, 0)}, {found(0, 0, 0.5), found(0, 1, 0.6)}}};
  EXPECT_EQ(box_confusion(stolen, 2, 0.25).counts, (Counts{0, 1, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(BoxConfusion, ABoxPrefersItsOwnClassToABetterFit) {
  const std::vector<JudgedPicture> pictures = {{{truth(0, 0), truth(2, 1)}, {found(0, 1, 0.9)}}};
  EXPECT_EQ(box_confusion(pictures, 2, 0.25).counts, (Counts{0, 0, 1, 0, 1, 0, 0, 0, 0}));
}

TEST(BoxConfusion, BoxesBelowTheScoreCountNowhere) {
  const std::vector<JudgedPicture> pictures = {{{truth(0, 0)}, {found(0, 0, 0.2), found(50, 0, 0.1)}}};
  EXPECT_EQ(box_confusion(pictures, 1, 0.25).counts, (Counts{0, 1, 0, 0}));
  EXPECT_EQ(box_confusion(pictures, 1, 0.2).counts, (Counts{1, 0, 0, 0})) << "a box of just that score counts";
}

TEST(BoxConfusion, CrowdsAndTheirBoxesCountNowhere) {
  const std::vector<JudgedPicture> pictures = {
      {{truth(0, 0, true)}, {found(0, 0, 0.9), found(5, 0, 0.8), found(6, 0, 0.7), found(0, 1, 0.6)}}};
  // Half inside: nowhere. Less, or of another class: a false alarm.
  EXPECT_EQ(box_confusion(pictures, 2, 0.25).counts, (Counts{0, 0, 0, 0, 0, 0, 1, 1, 0}));
}

TEST(BoxConfusion, WithoutAScoreTheBestF1Decides) {
  // F1 after each: 2/4, 2/5, 4/6, 4/7, 4/8; the fourth and fifth have one score.
  const std::vector<JudgedPicture> pictures = {
      {{truth(0, 0), truth(20, 0), truth(40, 0)}, {found(0, 0, 0.9), found(70, 0, 0.8)}},
      {{}, {found(70, 0, 0.3), found(90, 0, 0.3)}}};
  auto better = pictures;
  better[0].found.push_back(found(20, 0, 0.6));
  const auto m = box_confusion(better, 1);
  EXPECT_EQ(m.score, 0.6);
  EXPECT_EQ(m.counts, (Counts{2, 1, 1, 0}));
  EXPECT_DOUBLE_EQ(m.f1, 4.0 / 6);
  EXPECT_EQ(box_confusion(pictures, 1).score, 0.9);
}

TEST(BoxConfusion, EqualScoresStandOrFallTogether) {
  const std::vector<JudgedPicture> pictures = {{{truth(0, 0)}, {found(0, 0, 0.5), found(50, 0, 0.5)}}};
  const auto m = box_confusion(pictures, 1);
  EXPECT_EQ(m.score, 0.5);
  EXPECT_EQ(m.counts, (Counts{1, 0, 1, 0}));
  EXPECT_DOUBLE_EQ(m.f1, 2.0 / 3);
}

TEST(BoxConfusion, NothingRightNothingFoundNothingThere) {
  const std::vector<JudgedPicture> wrong = {
      {{truth(0, 0)}, {found(50, 0, 0.9), found(0, 0, std::numeric_limits<double>::quiet_NaN())}}};
  const auto m = box_confusion(wrong, 1);
  EXPECT_EQ(m.score, kUsualScore);
  EXPECT_EQ(m.counts, (Counts{0, 1, 1, 0}));
  const auto none = box_confusion({}, 2);
  EXPECT_EQ(none.counts, Counts(9));
  EXPECT_EQ(none.f1, 0);
}

TEST(BoxConfusion, StandsInTheJsonAndComesBack) {
  BoxMetrics metrics;
  const auto plain = metrics_json(metrics, "eval");
  EXPECT_EQ(plain.find("confusion"), std::string::npos);
  EXPECT_EQ(plain.find("base"), std::string::npos);
  const std::vector<JudgedPicture> pictures = {{{truth(0, 0), truth(20, 1)}, {found(0, 0, 0.9), found(20, 0, 0.4)}}};
  metrics.confusion = box_confusion(pictures, 2, 0.25);
  const auto text = metrics_json(metrics, "eval");
  const auto read = box_metrics_from_json(text, "eval");
  EXPECT_EQ(read.confusion.counts, metrics.confusion.counts);
  EXPECT_EQ(read.confusion.score, 0.25);
  EXPECT_EQ(metrics_json(read, "eval"), text);
}

TEST(AddedClasses, AreMeansOverTheirGroupsAndComeBack) {
  BoxMetrics metrics;
  for (const double map : {0.5, 0.25, -1.0, 0.75}) {
    metrics.classes.push_back(
        {.name = "", .map = map, .map_50 = map < 0 ? -1 : map + 0.125, .support = map < 0 ? 0 : 4, .precision_50 = {}});
  }
  const std::vector<std::int32_t> base = {0, 1, 2}, novel = {3};
  metrics.added = added_classes(metrics, base, novel);
  EXPECT_EQ(metrics.added->base, (MeanAp{0.375, 0.5}));
  EXPECT_EQ(metrics.added->novel, (MeanAp{0.75, 0.875}));
  EXPECT_EQ(metrics.added->base_boxes, 8);
  EXPECT_EQ(metrics_json(metrics, "eval").find("forgetting"), std::string::npos) << "nothing was measured before";
  EXPECT_EQ(metrics_json(metrics, "eval").find("agreement"), std::string::npos) << "nor found";
  metrics.added->agreement = Agreement{6, 4, 3, 0.125};
  metrics.added->base_before = MeanAp{0.5, 0.75};
  const auto text = metrics_json(metrics, "eval");
  EXPECT_NE(text.find("\"eval_forgetting\": 0.125"), std::string::npos) << text;
  EXPECT_NE(text.find("\"eval_forgetting_50\": 0.25"), std::string::npos) << text;
  const auto read = box_metrics_from_json(text, "eval");
  EXPECT_EQ(metrics_json(read, "eval"), text);
  EXPECT_EQ(read.added->base_before, metrics.added->base_before);
  EXPECT_EQ(read.added->agreement, metrics.added->agreement);
  EXPECT_NE(text.find("\"eval_base_agreement\": 0.6"), std::string::npos) << text;
}

TEST(AddedClasses, WithoutBoxesOfTheKnownOnesHaveNoFiguresOfThem) {
  BoxMetrics metrics;
  metrics.classes = {{.name = "old", .precision_50 = {}},
                     {.name = "new", .map = 0.5, .map_50 = 0.5, .support = 3, .precision_50 = {}}};
  const std::vector<std::int32_t> base = {0}, novel = {1};
  metrics.added = added_classes(metrics, base, novel);
  metrics.added->base_before = MeanAp{};
  const auto text = metrics_json(metrics, "eval");
  EXPECT_NE(text.find("\"eval_base_boxes\": 0"), std::string::npos) << text;
  for (const char* key : {"eval_base_map", "forgetting"}) EXPECT_EQ(text.find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace strop
