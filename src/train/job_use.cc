// evaluate, predict and merge of strop/job.h.
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/text_data.h"
#include "strop/job.h"
#include "train/evaluate.h"
#include "train/opened.h"
#include "train/run_folder.h"
#include "train/save_model.h"
#include "train/text_source.h"
#include "tuning/method.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Options with the columns that the run recorded, where the person named none.
Options with_recorded_columns(const Options& options, const Opened& opened) {
  Options result = options;
  if (!opened.record || !options.columns.empty()) return result;
  const auto& input = opened.record->input;
  if (!input.text_column.empty()) result.columns["text"] = input.text_column;
  if (!input.text_pair_column.empty()) result.columns["text_pair"] = input.text_pair_column;
  if (!input.label_column.empty()) result.columns["label"] = input.label_column;
  return result;
}

torch::Tensor logits_of(const Opened& opened, const TextSplit& split, const Options& options) {
  TextSource source(split, *opened.tokenizer, opened.max_length, TextAugment{});
  return predict_logits(*opened.model, source, torch::kFloat, options.per_device_eval_batch_size, true);
}

}  // namespace

std::string evaluate(const Options& options) {
  if (options.quiet || options.json) set_log_level(LogLevel::warning);
  set_up_device(options);
  const auto opened = open_for_use(options);
  if (opened.model->label_names.empty()) fail(ErrorKind::model, "{}: the model has no labels to predict; train it first", options.model);
  std::vector<std::string> notes;
  const auto split = load_evaluation_rows(with_recorded_columns(options, opened), opened.model->label_names, notes);
  for (const auto& note : notes) log_info("data: {}", note);
  const auto metrics = evaluate_logits(logits_of(opened, split, options), split.labels, opened.model->label_names);
  auto text = metrics_json(metrics, "eval");
  if (!options.out.empty()) write_file_atomic(fs::path(options.out) / "eval_results.json", text + "\n");
  return text;
}

void predict(const Options& options, std::ostream& out) {
  set_log_level(LogLevel::warning);
  set_up_device(options);
  const auto opened = open_for_use(options);
  const auto& labels = opened.model->label_names;
  if (labels.empty()) fail(ErrorKind::model, "{}: the model has no labels to predict; train it first", options.model);
  const auto split = load_prediction_rows(options.data, with_recorded_columns(options, opened));
  const auto probabilities = at::softmax(logits_of(opened, split, options), 1).contiguous();
  const float* row = probabilities.const_data_ptr<float>();
  for (std::size_t i = 0; i < split.size(); ++i, row += labels.size()) {
    nlohmann::ordered_json line = {{"index", i}};
    const auto winner = static_cast<std::size_t>(std::max_element(row, row + labels.size()) - row);
    line["label"] = labels[winner];
    line["score"] = row[winner];
    for (std::size_t label = 0; label < labels.size(); ++label) line["scores"][labels[label]] = row[label];
    out << line.dump() << "\n";
  }
}

std::filesystem::path merge(const Options& options) {
  const auto opened = open_for_use(options);
  if (opened.adapter.empty()) fail(ErrorKind::usage, "merge: {} has no adapter to fold in; give --adapter, or a run folder that holds one", options.model);
  if (!find_method(opened.adapter_method).merges) fail_unmergeable(opened.adapter_method);
  const auto folder = claim_folder(options, "merged");
  save_model({folder.path, opened.base_folder, opened.base_name, opened.adapter_method, {}}, *opened.model, options, "full");
  return folder.path;
}

}  // namespace strop
