#include "train/tasks/classification.h"

#include <torch/types.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "train/evaluate.h"
#include "train/write_files.h"

namespace strop {

torch::Tensor Classification::probabilities(const Opened& opened, BatchSource& source, const Options& options) {
  const auto logits = predict_logits(*opened.model, source, torch::kFloat, options.per_device_eval_batch_size, true);
  return at::softmax(logits, 1).contiguous();
}

Evaluation Classification::evaluate(const Opened& opened, const TaskSplit&, BatchSource& source,
                                    torch::ScalarType precision, const Options& options) const {
  const auto& model = *opened.model;
  const auto logits = predict_logits(model, source, precision, options.per_device_eval_batch_size, false);
  const auto metrics = evaluate_logits(logits, source.labels(), model.label_names);
  return {
      {"loss", metrics.loss}, {"accuracy", metrics.accuracy}, {"f1", metrics.f1_macro}, {"matthews", metrics.matthews}};
}

Measured Classification::measure(const Opened& opened, const TaskSplit& split, const Options& options) const {
  const auto source = split.source(opened, options, false);
  const auto& names = opened.model->label_names;
  const auto scores = probabilities(opened, *source, options);
  // The source's labels: rows that turned out to be unusable have none there.
  const auto& labels = source->labels();
  Measured measured;
  measured.metrics =
      classification_metrics(labels, {scores.const_data_ptr<float>(), static_cast<std::size_t>(scores.numel())}, names);
  const float* row = scores.const_data_ptr<float>();
  for (std::size_t i = 0; i < split.size(); ++i, row += names.size()) {
    if (!source->fault_of(i).empty()) {
      measured.unmade.push_back(i);
      continue;
    }
    const auto winner = static_cast<std::size_t>(std::max_element(row, row + names.size()) - row);
    measured.predictions.push_back({static_cast<std::int64_t>(i), split.text_of(i),
                                    labels[i] < 0 ? "" : names[static_cast<std::size_t>(labels[i])], names[winner],
                                    row[winner], split.pair_of(i)});
  }
  return measured;
}

nlohmann::ordered_json Classification::row_keys(const TaskSplit&, std::size_t) const {
  return nlohmann::ordered_json::object();
}

void Classification::answered(const TaskSplit&, std::size_t, const std::string&, double, const Options&) const {}

void Classification::predict(const Opened& opened, const TaskSplit& split, const Options& options,
                             std::ostream& out) const {
  const auto& labels = opened.model->label_names;
  const auto source = split.source(opened, options, false);
  const auto scores = probabilities(opened, *source, options);
  const float* row = scores.const_data_ptr<float>();
  for (std::size_t i = 0; i < split.size(); ++i, row += labels.size()) {
    nlohmann::ordered_json line = {{"index", i}};
    line.update(row_keys(split, i));
    if (const auto fault = source->fault_of(i); !fault.empty()) {
      line["error"] = fault;
      out << json_text(line, -1) << "\n";
      continue;
    }
    const auto winner = static_cast<std::size_t>(std::max_element(row, row + labels.size()) - row);
    line["label"] = labels[winner];
    line["score"] = row[winner];
    for (std::size_t label = 0; label < labels.size(); ++label) line["scores"][labels[label]] = row[label];
    out << json_text(line, -1) << "\n";
    answered(split, i, labels[winner], row[winner], options);
  }
}

}  // namespace strop
