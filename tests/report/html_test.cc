#include "report/html.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "report/run_record.h"
#include "report/svg_chart.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

const fs::path kRuns = fs::path(STROP_SOURCE_DIR) / "tests/data/report";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Every element that is opened is closed, in order; void elements and SVG's self-closed ones aside.
void expect_balanced(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" \n/", tag[0] == '/' ? 1 : 0));
    const bool alone = tag.back() == '/' || name == "meta" || name == "link" || name == "img" || tag[0] == '!';
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ("/" + open.back(), name);
      open.pop_back();
    } else if (!alone) {
      open.push_back(name);
    }
    if (name == "style" || name == "script") at = page.find("</" + name, end) - 1;
  }
  EXPECT_TRUE(open.empty());
}

TEST(Report, ShowsEverySectionOfAWholeRun) {
  const std::string page = render_report({kRuns / "run_a"});
  for (const char* id :
       {"figures", "curves", "classes", "mistakes", "plan", "frozen", "speed", "data", "environment"}) {
    EXPECT_EQ(count(page, std::string("<section id=\"") + id + "\">"), 1U) << id;
    EXPECT_EQ(count(page, std::string("href=\"#") + id + "\""), 1U) << id;
  }
  for (const char* part :
       {"all-MiniLM-L6-v2", "layer-by-layer tuning", "6,920 rows", "89.2\u00a0%", "Predicted and actual", "−7 %",
        "block encoder.layer.5", "the top blocks alone reach the target", "Proved.", "9 rows stand twice in train",
        "strop train --model all-MiniLM-L6-v2", "libtorch", "version: 1"}) {
    EXPECT_TRUE(holds(page, part)) << part;
  }
  EXPECT_EQ(count(page, "<svg"), 8U);  // loss, quality, rate, norm; matrix, calibration; speed, memory
  EXPECT_FALSE(holds(page, "Parts of this folder are missing"));
  expect_balanced(page);
}

TEST(Report, TextOfTheDataNeverBecomesMarkup) {
  const std::string page = render_report({kRuns / "run_a"});
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_TRUE(holds(page, "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt; &amp; a film"));
  EXPECT_TRUE(holds(page, "הסרט היה ארוך מדי"));
  EXPECT_TRUE(holds(page, "👩‍👩‍👧‍👦"));
}

TEST(Report, FetchesNothing) {
  const std::string page = render_report({kRuns / "run_a", kRuns / "run_b"});
  for (const char* part : {"http:", "https:", "url(", "@import", " src=\""}) EXPECT_FALSE(holds(page, part)) << part;
  EXPECT_TRUE(holds(page, "default-src 'none'"));
}

TEST(Report, ComparesRunsSideBySide) {
  const std::string page = render_report({kRuns / "run_a", kRuns / "run_b"});
  EXPECT_TRUE(holds(page, "2 runs, side by side"));
  EXPECT_TRUE(holds(page, "run_a smoothed"));
  EXPECT_TRUE(holds(page, "run_b smoothed"));
  EXPECT_EQ(count(page, "<details class=\"run\">"), 2U);
  EXPECT_EQ(count(page, "id=\"curves\""), 1U);
  EXPECT_EQ(count(page, "id=\"run2-curves\""), 1U);
  expect_balanced(page);
}

TEST(Report, RunsWithinOneStandardErrorAreCalledATie) {
  EXPECT_TRUE(holds(render_report({kRuns / "run_a", kRuns / "run_b"}), "is the most accurate"));
  const TempFolder folder;
  fs::copy(kRuns / "run_a", folder.path() / "run_a");
  const std::string page = render_report({kRuns / "run_a", folder.path() / "run_a"});
  EXPECT_TRUE(holds(page, "a tie"));
  EXPECT_TRUE(holds(page, "report/run_a"));  // the same name twice: told apart by the parent
}

TEST(Report, AnUnfinishedRunSaysWhatIsMissing) {
  const TempFolder folder;
  fs::copy_file(kRuns / "run_a/trainer_log.jsonl", folder.path() / "trainer_log.jsonl");
  const std::string page = render_report({folder.path()});
  for (const char* part : {"A run that has not finished", "all_results.json is missing", "strop.json is missing",
                           "plan.yaml is missing", "predictions.jsonl is missing"}) {
    EXPECT_TRUE(holds(page, part)) << part;
  }
  EXPECT_TRUE(holds(page, "<section id=\"curves\">"));
  EXPECT_FALSE(holds(page, "<section id=\"plan\">"));
  expect_balanced(page);
}

TEST(Report, DamagedFilesAreSaidAndTheRestIsShown) {
  const TempFolder folder;
  fs::copy(kRuns / "run_a", folder.path(), fs::copy_options::recursive);
  write_file_atomic(folder.path() / "strop.json", "{\"labels\": 3");
  write_file_atomic(folder.path() / "plan.yaml", "stages: [}");
  append_file(folder.path() / "predictions.jsonl", "{\"index\": 9, \"te");  // torn
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "strop.json can&#39;t be read"));
  EXPECT_TRUE(holds(page, "plan.yaml can&#39;t be read"));
  EXPECT_TRUE(holds(page, "stages: [}"));
  EXPECT_TRUE(holds(page, "<section id=\"mistakes\">"));
  expect_balanced(page);
}

TEST(Report, ANumberWhereAListIsExpectedIsNoCrash) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "plan.yaml", "version: 1\nstages: 7\nreasons: [a, b]\nfallbacks: x\n");
  EXPECT_TRUE(holds(render_report({folder.path()}), "stages: 7"));
}

TEST(Report, AFolderOfSomethingElseIsRefused) {
  const TempFolder folder;
  try {
    render_report({folder.path()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_TRUE(holds(error.what(), "not a run folder")) << error.what();
  }
  EXPECT_THROW(render_report({}), Error);
}

TEST(Report, ALongTextIsCutAtACodePoint) {
  const TempFolder folder;
  std::string text;
  while (text.size() < 5'000'000) text += "长";
  write_file_atomic(folder.path() / "strop.json", to_json(RunRecord{}));
  append_file(folder.path() / "predictions.jsonl", to_json(PredictionRecord{0, text, "a", "b", 0.9}) + "\n");
  const std::string page = render_report({folder.path()});
  EXPECT_LT(page.size(), 60'000U);
  EXPECT_TRUE(holds(page, "长… (the first 1.2 KiB of 4.8 MiB)"));
  EXPECT_FALSE(holds(page, "\xEF\xBF\xBD"));
}

TEST(Report, BothTextsOfAPairAreShownAndCut) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "strop.json", to_json(RunRecord{}));
  append_file(folder.path() / "predictions.jsonl",
              to_json(PredictionRecord{0, "the <first>", "a", "b", 0.9, "</second>"}) + "\n" +
                  to_json(PredictionRecord{1, "short", "a", "b", 0.8, std::string(5000, 'x')}) + "\n");
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "the &lt;first&gt;</blockquote><blockquote dir=\"auto\">&lt;/second&gt;</blockquote>"));
  EXPECT_TRUE(holds(page, "x… (the first 1.2 KiB of 4.9 KiB)"));
}

TEST(Report, OnlyTheMostConfidentMistakesAreKept) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "strop.json", to_json(RunRecord{}));
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += to_json(PredictionRecord{i, "text", "a", "b", 0.5 + i / 200.0}) + "\n";
  lines += to_json(PredictionRecord{50, "right", "a", "a", 0.99}) + "\n";
  write_file_atomic(folder.path() / "predictions.jsonl", lines);
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "50 of 51 rows"));
  EXPECT_EQ(count(page, "<blockquote"), 20U);
  EXPECT_LT(page.find(">row 49<"), page.find(">row 48<"));
  EXPECT_FALSE(holds(page, ">row 29<"));
}

TEST(Report, OnePointIsNoCurve) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "strop.json", to_json(RunRecord{}));
  const std::string solved =
      R"({"current_steps": 0, "stage": "head", "eval_loss": 0.5, "eval_accuracy": 0.9, "elapsed_time": 3})";
  write_file_atomic(folder.path() / "trainer_log.jsonl", solved + "\n");
  EXPECT_FALSE(holds(render_report({folder.path()}), "Quality at evaluations"));
  write_file_atomic(
      folder.path() / "trainer_log.jsonl",
      solved + "\n" +
          R"({"current_steps": 9, "stage": "top", "eval_loss": 0.4, "eval_accuracy": 0.95, "elapsed_time": 5})" + "\n");
  EXPECT_TRUE(holds(render_report({folder.path()}), "Quality at evaluations"));
}

TEST(Report, PicturesAreShownAndNothingElseGoesIntoTheirPlace) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "strop.json", to_json(RunRecord{}));
  write_file_atomic(folder.path() / "predictions.jsonl",
                    to_json(PredictionRecord{0, "data/test/hat/a.jpg", "hat", "shoe", 0.9}) + "\n" +
                        to_json(PredictionRecord{1, "data/test/hat/b.jpg", "hat", "shoe", 0.8}) + "\n");
  const std::string good = "data:image/jpeg;base64,/9j/4AAQ", bad = "data:image/jpeg;base64,x\\\" onerror=\\\"alert(1)";
  write_file_atomic(folder.path() / "gallery.json",
                    R"({"mistakes": [{"index": 0, "image": ")" + good + R"("}, {"index": 1, "image": ")" + bad +
                        R"("}, 7], "augmented": [{"name": "x/c.jpg", "images": [")" + good + R"(", ")" + good +
                        R"(", "http://elsewhere/"]}, {"images": 3}]})");
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "<section id=\"gallery\">"));
  EXPECT_EQ(count(page, "<img class=\"thumb\" src=\"" + good + "\""), 3U);
  EXPECT_EQ(count(page, "<img"), 3U);
  EXPECT_FALSE(holds(page, "onerror"));
  EXPECT_FALSE(holds(page, "http://elsewhere"));
  EXPECT_TRUE(holds(page, "b.jpg"));
  EXPECT_EQ(count(page, "<blockquote"), 0U);
  expect_balanced(page);
  write_file_atomic(folder.path() / "gallery.json", "[");
  EXPECT_TRUE(holds(render_report({folder.path()}), "gallery.json can&#39;t be read"));
}

TEST(Report, AChangedFrozenBlockIsAnAlarm) {
  const TempFolder folder;
  RunRecord record;
  record.blocks = {{"embeddings", 10, 0, "fp32", "aaaa", "bbbb"}, {"head", 2, 2, "fp32", "", ""}};
  write_file_atomic(folder.path() / "strop.json", to_json(record));
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "1 block changed though frozen"));
  EXPECT_FALSE(holds(page, "Proved."));
}

TEST(Report, ManyClassesWithHostileNames) {
  const TempFolder folder;
  std::vector<std::string> names;
  std::vector<std::int32_t> labels;
  std::vector<float> probabilities;
  for (std::int32_t c = 0; c < 60; ++c) {
    names.push_back("<b>\"class\" & " + std::to_string(c));
    labels.push_back((c + c % 2) % 60);
    for (std::int32_t k = 0; k < 60; ++k) probabilities.push_back(k == c ? 0.9F : 0.1F / 59);
  }
  RunRecord record;
  record.labels = names;
  RunResults results;
  results.eval = classification_metrics(labels, probabilities, names);
  write_file_atomic(folder.path() / "strop.json", to_json(record));
  write_file_atomic(folder.path() / "all_results.json", to_json(results));
  const std::string page = render_report({folder.path()});
  EXPECT_FALSE(holds(page, "<b>\"class"));
  EXPECT_FALSE(holds(page, "aria-label=\"Confusion matrix\""));  // 60 x 60 says less than the list of pairs
  EXPECT_TRUE(holds(page, "Most often taken for each other"));
  expect_balanced(page);
  EXPECT_TRUE(holds(confusion_chart({names.begin(), names.begin() + 2}, {1, 2, 3, 4}), "&lt;b&gt;"));
}

// A hundred classes of which the last ten have boxes: "class 99" the most.
RunResults box_results() {
  BoxMetrics m;
  m.map = 0.5;
  m.map_50 = 0.75;
  m.samples = 4;
  constexpr std::size_t kSide = 101;
  m.confusion.counts.resize(kSide * kSide);
  m.confusion.score = 0.375;
  for (int c = 0; c < 100; ++c) {
    m.classes.push_back({.name = "class " + std::to_string(c), .precision_50 = {}});
    if (c < 90) continue;
    auto& one = m.classes.back();
    one.map = one.map_50 = one.mar_100 = 0.5;
    one.support = c;
    one.precision_50.assign(101, 0.5);
    m.confusion.counts[static_cast<std::size_t>(c) * kSide + static_cast<std::size_t>(c)] = c;
  }
  m.confusion.counts[100 * kSide + 95] = 17;  // found where nothing is
  m.added = AddedClasses{.base_boxes = 0, .novel_boxes = 945, .base = {}, .novel = {0.5, 0.75}, .base_before = {}};
  RunResults results;
  results.test = m;
  return results;
}

TEST(Report, ConfusionOfBoxesShowsTheBackgroundAndTheClassesThatOccur) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "all_results.json", to_json(box_results()));
  const std::string page = render_report({folder.path()});
  EXPECT_EQ(count(page, "<g class=\"cell"), 11U * 11U);
  EXPECT_TRUE(holds(page, "background → class 95: 17 (100.0 % of the row)"));
  EXPECT_TRUE(holds(page, "scores of at least 0.38"));
  EXPECT_TRUE(holds(page, "Most frequent mistakes"));
  expect_balanced(page);
}

TEST(Report, CurvesOfBoxesAreThoseOfTheLargestClasses) {
  const TempFolder folder;
  write_file_atomic(folder.path() / "all_results.json", to_json(box_results()));
  const std::string page = render_report({folder.path()});
  const auto begin = page.find("Precision over recall");
  const std::string chart = page.substr(begin, page.find("</figure>", begin) - begin);
  EXPECT_TRUE(holds(chart, "class 99"));
  EXPECT_TRUE(holds(chart, "class 92"));
  EXPECT_FALSE(holds(chart, "class 91"));
}

TEST(Report, OldAndAddedClassesStandApart) {
  const TempFolder folder;
  auto results = box_results();
  write_file_atomic(folder.path() / "all_results.json", to_json(results));
  EXPECT_TRUE(
      holds(render_report({folder.path()}), "The test data has no boxes of the classes that the model had before"));
  auto& added = *std::get<BoxMetrics>(*results.test).added;
  added.agreement = Agreement{8, 12, 5, 0.25};
  added.base_boxes = 12;
  added.base = {0.25, 0.5};
  added.base_before = MeanAp{0.375, 0.75};
  write_file_atomic(folder.path() / "all_results.json", to_json(results));
  const std::string page = render_report({folder.path()});
  EXPECT_TRUE(holds(page, "Forgotten: 12.5 points of AP, 25.0 of AP50."));
  EXPECT_TRUE(holds(page,
                    "8 boxes found before training, 12 now, 5 of them the same (agreement 50.0\u00a0%). Their scores "
                    "moved by 0.250"));
  EXPECT_TRUE(holds(page, "classes it had, before training"));
  EXPECT_FALSE(holds(page, "no boxes of the classes"));
  expect_balanced(page);
}

TEST(AxisTicks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(axis_ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  const auto bytes = axis_ticks(0, 600.0 * (1 << 20), 5, 1024);
  EXPECT_EQ(bytes.at(1), 200.0 * (1 << 20));
  const auto narrow = axis_ticks(0.71, 0.74, 5);
  EXPECT_LE(narrow.front(), 0.71);
  EXPECT_GE(narrow.back(), 0.74);
  EXPECT_LT(narrow.size(), 12U);
}

TEST(Smoothed, StartsAnewInEachPart) {
  const auto values = smoothed({4, 2, 2, 8, 8}, {0, 0, 0, 1, 1});
  EXPECT_DOUBLE_EQ(values[0], 4);
  EXPECT_LT(values[1], 4);
  EXPECT_DOUBLE_EQ(values[3], 8);
  EXPECT_DOUBLE_EQ(values[4], 8);
}

TEST(LineChart, OnePointAndConstantValuesAreDrawn) {
  LineChart chart;
  chart.title = "a & b";
  chart.x_name = "step";
  chart.x_text = chart.y_text = [](double v) { return std::to_string(static_cast<int>(v)); };
  EXPECT_EQ(line_chart(chart), "");
  chart.series = {{.name = "one", .x = {5}, .y = {3}}, {.name = "gap", .x = {5}, .y = {std::nan("")}}};
  const std::string svg = line_chart(chart);
  EXPECT_TRUE(holds(svg, "<circle"));
  EXPECT_TRUE(holds(svg, "a &amp; b"));
  EXPECT_FALSE(holds(svg, "nan"));
  EXPECT_FALSE(holds(svg, "inf"));
}

TEST(LineChart, LongSeriesAreThinned) {
  LineChart chart;
  chart.x_text = chart.y_text = [](double v) { return std::to_string(static_cast<int>(v)); };
  Series series;
  for (int i = 0; i < 100'000; ++i) {
    series.x.push_back(i);
    series.y.push_back(std::sin(i / 1000.0));
  }
  chart.series = {series};
  const std::string svg = line_chart(chart);
  EXPECT_LT(svg.size(), 40'000U);
  EXPECT_TRUE(holds(svg, " 99999\\n"));  // the last point is kept
}

}  // namespace
}  // namespace strop
