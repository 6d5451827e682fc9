#include "report/run_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace strop {
namespace {

RunRecord full_record() {
  RunRecord r;
  r.task = "text-classification";
  r.method = "lora";
  r.labels = {"neg", "<b>pos</b>"};
  r.base_model = "all-MiniLM-L6-v2";
  r.base_hash = "ab12";
  r.family = "bert";
  r.input.text_column = "text";
  r.input.label_column = "label";
  r.input.max_length = 128;
  r.input.pooling = "mean";
  r.total_parameters = 22'713'216;
  r.trained_parameters = 73'728;
  r.blocks = {{"embeddings", 11, 0, "bf16", "aa", "aa"}, {"classifier", 770, 770, "fp32", "", ""}};
  r.data = "movies";
  r.splits = {{"train", 90, {40, 50}}, {"validation", 10, {5, 5}}};
  r.data_notes = {"2 rows twice"};
  r.machine = {"a CPU", "avx2", "cpu", 2, std::int64_t{8} << 30};
  r.versions = {{"strop", "0.1.0"}};
  r.command = "strop train --data movies";
  r.started = "2026-01-02T03:04:05Z";
  return r;
}

TEST(RunRecord, ReadsBackWhatItWrote) {
  const std::string text = to_json(full_record());
  const RunRecord read = run_record_from_json(text);
  EXPECT_EQ(to_json(read), text);
  EXPECT_EQ(read.blocks.at(1).trained_parameters, 770);
  EXPECT_EQ(read.splits.at(0).per_class, (std::vector<std::int64_t>{40, 50}));
  EXPECT_EQ(read.machine.memory_bytes, std::int64_t{8} << 30);
  EXPECT_EQ(read.input.pooling, "mean");
  EXPECT_EQ(text.find("class_groups"), std::string::npos) << "of detectors alone";
  auto detector = full_record();
  detector.class_groups = {1, 1};
  detector.category_ids = {3, 40};
  const RunRecord again = run_record_from_json(to_json(detector));
  EXPECT_EQ(again.class_groups, detector.class_groups);
  EXPECT_EQ(again.category_ids, detector.category_ids);
}

TEST(RunRecord, AbsentKeysKeepTheirDefaults) {
  const RunRecord read = run_record_from_json(R"({"labels": ["a"], "machine": {"threads": 2}})");
  EXPECT_EQ(read.labels, std::vector<std::string>{"a"});
  EXPECT_EQ(read.machine.threads, 2);
  EXPECT_EQ(read.total_parameters, 0);
}

TEST(RunRecord, AWrongTypeNamesTheKey) {
  try {
    run_record_from_json(R"({"blocks": [{"parameters": "many"}]})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'parameters'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(run_record_from_json("[]"), Error);
  EXPECT_THROW(run_record_from_json("{"), Error);
}

TEST(RunResults, MetricsStandFlatBesideTheCost) {
  RunResults results;
  results.train_runtime = 12.5;
  results.cost.predicted_seconds = 11;
  const std::vector<std::int32_t> labels = {0, 1};
  const std::vector<float> probabilities = {0.75F, 0.25F, 0.5F, 0.5F};
  results.eval = classification_metrics(labels, probabilities, {"neg", "pos"});
  const std::string text = to_json(results);
  const auto root = nlohmann::json::parse(text);
  EXPECT_EQ(root["eval_accuracy"], 0.5);
  EXPECT_EQ(root["eval_confusion_matrix"][1][0], 1);
  EXPECT_EQ(root["predicted_seconds"], 11);
  EXPECT_FALSE(root.contains("test_accuracy"));
  const RunResults read = run_results_from_json(text);
  EXPECT_EQ(to_json(read), text);
  EXPECT_FALSE(read.test.has_value());
}

TEST(PredictionRecord, ReadsBackHostileText) {
  const PredictionRecord record{3, "</script>\n\xFF \xD7\x90", "neg", "pos", 0.99};
  const auto read = prediction_from_json(to_json(record));
  EXPECT_EQ(read.index, 3);
  EXPECT_EQ(read.text, "</script>\n\xEF\xBF\xBD \xD7\x90");
  EXPECT_EQ(read.score, 0.99);
  EXPECT_EQ(to_json(record).find("text_pair"), std::string::npos);
}

TEST(PredictionRecord, APairIsWrittenWhole) {
  const auto line = to_json(PredictionRecord{3, "a question", "yes", "no", 0.9, "an answer"});
  EXPECT_NE(line.find("\"text\":\"a question\",\"text_pair\":\"an answer\""), std::string::npos) << line;
  EXPECT_EQ(prediction_from_json(line).text_pair, "an answer");
}

}  // namespace
}  // namespace strop
