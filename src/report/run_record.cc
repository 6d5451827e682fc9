#include "report/run_record.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace strop {
namespace {

using Json = nlohmann::ordered_json;

// One list of (key, member) for each struct, a visit_*, serves both directions: written() fills an object, Reader fills
// the struct.
template <typename Visit, typename Record>
Json written(const Visit& visit, const Record& record) {
  Json root = Json::object();
  visit([&](const char* key, const auto& value) { root[key] = value; }, record);
  return root;
}

class Reader {
 public:
  explicit Reader(const Json& root) : root_(root) {}
  template <typename T>
  void operator()(const char* key, T& value) {
    const auto found = root_.find(key);
    if (found == root_.end() || found->is_null()) return;
    try {
      found->get_to(value);
    } catch (const nlohmann::json::exception& error) {
      fail(ErrorKind::usage, "key '{}' of a run's record: {}; expected the type in docs/run-folder.md", key,
           error.what());
    }
  }

 private:
  const Json& root_;
};

constexpr auto visit_block = [](auto&& field, auto& r) {
  field("name", r.name);
  field("parameters", r.parameters);
  field("trained_parameters", r.trained_parameters);
  field("precision", r.precision);
  field("frozen_hash_before", r.frozen_hash_before);
  field("frozen_hash_after", r.frozen_hash_after);
};

constexpr auto visit_split = [](auto&& field, auto& r) {
  field("name", r.name);
  field("rows", r.rows);
  field("per_class", r.per_class);
};

// Of a text's input and a picture's, the keys of the one that it is.
constexpr auto visit_text_input = [](auto&& field, auto& r) {
  field("text_column", r.text_column);
  field("text_pair_column", r.text_pair_column);
  field("label_column", r.label_column);
  field("max_length", r.max_length);
  field("pooling", r.pooling);
};
constexpr auto visit_picture_input = [](auto&& field, auto& r) {
  field("width", r.width);
  field("height", r.height);
  field("fit", r.fit);
  field("crop_pct", r.crop_pct);
  field("interpolation", r.interpolation);
  field("mean", r.mean);
  field("std", r.std);
  field("channel_order", r.channel_order);
};

constexpr auto visit_machine = [](auto&& field, auto& r) {
  field("cpu", r.cpu);
  field("abilities", r.abilities);
  field("device", r.device);
  field("threads", r.threads);
  field("memory_bytes", r.memory_bytes);
};

constexpr auto visit_prediction = [](auto&& field, auto& r) {
  field("index", r.index);
  field("text", r.text);
  field("text_pair", r.text_pair);
  field("label", r.label);
  field("prediction", r.prediction);
  field("score", r.score);
};

constexpr auto visit_results = [](auto&& field, auto& r) {
  field("train_runtime", r.train_runtime);
  field("train_samples_per_second", r.train_samples_per_second);
  field("train_loss", r.train_loss);
  field("epoch", r.epoch);
  field("total_steps", r.total_steps);
  field("best_step", r.best_step);
  field("predicted_seconds", r.cost.predicted_seconds);
  field("actual_seconds", r.cost.actual_seconds);
  field("predicted_peak_bytes", r.cost.predicted_peak_bytes);
  field("actual_peak_bytes", r.cost.actual_peak_bytes);
  field("predicted_quality", r.cost.predicted_quality);
  field("actual_quality", r.cost.actual_quality);
};

}  // namespace

// nlohmann finds these by argument-dependent lookup.
void to_json(Json& root, const BlockRecord& r) { root = written(visit_block, r); }
void from_json(const Json& root, BlockRecord& r) { visit_block(Reader(root), r); }
void to_json(Json& root, const SplitRecord& r) { root = written(visit_split, r); }
void from_json(const Json& root, SplitRecord& r) { visit_split(Reader(root), r); }
void to_json(Json& root, const InputRecord& r) {
  root = r.width > 0 ? written(visit_picture_input, r) : written(visit_text_input, r);
}
void from_json(const Json& root, InputRecord& r) {
  visit_text_input(Reader(root), r);
  visit_picture_input(Reader(root), r);
}
void to_json(Json& root, const MachineRecord& r) { root = written(visit_machine, r); }
void from_json(const Json& root, MachineRecord& r) { visit_machine(Reader(root), r); }

namespace {

constexpr auto visit_run = [](auto&& field, auto& r) {
  field("task", r.task);
  field("method", r.method);
  field("labels", r.labels);
  field("category_ids", r.category_ids);
  field("class_groups", r.class_groups);
  field("base_model", r.base_model);
  field("base_hash", r.base_hash);
  field("family", r.family);
  field("input", r.input);
  field("total_parameters", r.total_parameters);
  field("trained_parameters", r.trained_parameters);
  field("blocks", r.blocks);
  field("data", r.data);
  field("splits", r.splits);
  field("data_notes", r.data_notes);
  field("machine", r.machine);
  field("versions", r.versions);
  field("command", r.command);
  field("started", r.started);
};

Json parse(const std::string& text, const char* file) {
  try {
    Json root = Json::parse(text);
    if (root.is_object()) return root;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::usage, "{}: not JSON ({}); the run folder's file is damaged", file, error.what());
  }
  fail(ErrorKind::usage, "{}: expected one JSON object (docs/run-folder.md)", file);
}

std::string text_of(const Json& root, int indent) {
  return root.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const RunRecord& record) {
  Json root = written(visit_run, record);
  for (const auto* key : {"category_ids", "class_groups"}) {
    if (root.at(key).empty()) root.erase(key);
  }
  return text_of(root, 2);
}

RunRecord run_record_from_json(const std::string& text) {
  const Json root = parse(text, "strop.json");
  RunRecord record;
  visit_run(Reader(root), record);
  return record;
}

std::string metrics_json(const SplitMetrics& metrics, const std::string& prefix) {
  return std::visit([&](const auto& own) { return metrics_json(own, prefix); }, metrics);
}

double headline_of(const SplitMetrics& metrics) {
  const auto* boxes = std::get_if<BoxMetrics>(&metrics);
  return boxes != nullptr ? boxes->map : std::get<ClassificationMetrics>(metrics).accuracy;
}

std::string to_json(const RunResults& results) {
  Json root = written(visit_results, results);
  if (results.eval) root.update(Json::parse(metrics_json(*results.eval, "eval")));
  if (results.test) root.update(Json::parse(metrics_json(*results.test, "test")));
  return text_of(root, 2);
}

RunResults run_results_from_json(const std::string& text) {
  const Json root = parse(text, "all_results.json");
  RunResults results;
  visit_results(Reader(root), results);
  for (const auto& [prefix, split] : {std::pair{std::string("eval"), &results.eval}, {"test", &results.test}}) {
    if (root.contains(prefix + "_map")) *split = box_metrics_from_json(text, prefix);
    else if (root.contains(prefix + "_samples")) *split = metrics_from_json(text, prefix);
  }
  return results;
}

std::string to_json(const PredictionRecord& record) {
  Json root = written(visit_prediction, record);
  if (record.text_pair.empty()) root.erase("text_pair");
  return text_of(root, -1);
}

PredictionRecord prediction_from_json(const std::string& text) {
  const Json root = parse(text, "predictions.jsonl");
  PredictionRecord record;
  visit_prediction(Reader(root), record);
  return record;
}

}  // namespace strop
