// What a run says about itself, as structs: strop.json (what was trained, on what), all_results.json (what came of it)
// and predictions.jsonl. The only place that spells their keys; docs/run-folder.md lists them.
//
// Reading is lenient: an absent key keeps its default, so that older and hand-made folders open. Error(usage) names the
// key where a value has the wrong type, or says that the text is not JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "eval/classification.h"
#include "eval/coco_ap.h"

namespace strop {

struct BlockRecord {
  std::string name;                     // as in the model's row of blocks
  std::int64_t parameters = 0;          // all of the block, adapter included
  std::int64_t trained_parameters = 0;  // those that were trained at any time of the run
  std::string precision;                // its forward pass: fp32 | bf16 | int8; empty: not said
  // Hash of all tensors of the block that were never trained, BatchNorm statistics included; empty: it has none.
  std::string frozen_hash_before, frozen_hash_after;
};

struct SplitRecord {
  std::string name;  // train | validation | test
  std::int64_t rows = 0;
  std::vector<std::int64_t> per_class;  // of each of RunRecord::labels its rows, or its boxes but for crowds
};

// How an input becomes the network's: what predict must repeat.
struct InputRecord {
  std::string text_column, text_pair_column, label_column;
  std::int64_t max_length = 0;
  std::string pooling;
  // Of pictures; width 0: it was text.
  std::int64_t width = 0, height = 0;
  std::string fit, interpolation, channel_order;
  double crop_pct = 0;
  std::vector<double> mean, std;
};

struct MachineRecord {
  std::string cpu, abilities, device;
  int threads = 0;
  std::int64_t memory_bytes = 0;  // free when the record was made, at the end of training
};

struct RunRecord {
  std::string task, method;
  std::vector<std::string> labels;  // by class index
  // Of a detector; else empty and not written: COCO's numbers of the classes, and how many each group has
  // (models/detector.h).
  std::vector<std::int64_t> category_ids, class_groups;
  std::string base_model, base_hash, family;  // name or folder as given; hash of the weights file; "bert"
  InputRecord input;
  std::int64_t total_parameters = 0, trained_parameters = 0;
  std::vector<BlockRecord> blocks;  // in the row's order, head last
  std::string data;                 // file or folder as given
  std::vector<SplitRecord> splits;
  std::vector<std::string> data_notes;  // duplicates, truncated rows, how columns were found: one line each
  MachineRecord machine;
  std::map<std::string, std::string> versions;  // strop, libtorch, compiler, ...
  std::string command;                          // as one would type it to repeat the run
  std::string started;                          // utc_now()
};

std::string to_json(const RunRecord& record);
RunRecord run_record_from_json(const std::string& text);

// Predicted and actual cost; predicted 0: nothing was predicted.
struct CostRecord {
  double predicted_seconds = 0, actual_seconds = 0;
  std::int64_t predicted_peak_bytes = 0, actual_peak_bytes = 0;
  double predicted_quality = 0, actual_quality = 0;
};

// What a split was measured by: labels of rows, or boxes.
using SplitMetrics = std::variant<ClassificationMetrics, BoxMetrics>;
std::string metrics_json(const SplitMetrics& metrics, const std::string& prefix);
// The one figure that stands for the split: accuracy, or AP.
double headline_of(const SplitMetrics& metrics);

struct RunResults {
  double train_runtime = 0;             // seconds of training and evaluation, start-up not included
  double train_samples_per_second = 0;  // samples trained on, over train_runtime
  double train_loss = 0;                // mean over the run
  double epoch = 0;
  std::int64_t total_steps = 0;  // optimizer steps done
  std::int64_t best_step = 0;    // step whose weights were kept; 0: the last
  CostRecord cost;
  std::optional<SplitMetrics> eval, test;
};

std::string to_json(const RunResults& results);
RunResults run_results_from_json(const std::string& text);

// One line of predictions.jsonl, which holds the whole evaluation split in its order. Labels by name.
struct PredictionRecord {
  std::int64_t index = 0;
  std::string text, label, prediction;  // text: a picture's file; label empty: the row has none
  double score = 0;                     // probability of the prediction
  std::string text_pair = {};           // the second text, where rows have two
};

std::string to_json(const PredictionRecord& record);  // without line end
PredictionRecord prediction_from_json(const std::string& text);

}  // namespace strop
