#include "train/workbench.h"

#include <algorithm>
#include <numeric>

#include "core/files.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "models/facts.h"
#include "nn/device.h"
#include "train/estimate_norms.h"
#include "train/start_detector.h"
#include "train/start_head.h"

namespace strop {

std::unique_ptr<Workbench> open_workbench(const Task& task, const Options& given) {
  auto bench = std::make_unique<Workbench>();
  bench->options = given;
  bench->options.task = task.name();
  task.settle(bench->options);
  if (bench->options.metric_for_best_model == "auto") bench->options.metric_for_best_model = task.headline();
  check_metric(bench->options.metric_for_best_model, task.figures());
  const auto& options = bench->options;
  bench->threads = set_up_threads(options);
  const auto device = find_device(options.device);
  bench->options.device = device.str();
  bench->data = task.load(options);
  auto& data = bench->data;
  const auto rows = [](const auto& split) { return human_count(split ? static_cast<double>(split->size()) : 0); };
  log_info("data: {} rows to train on, {} to validate, {} to test; {} labels: {}", rows(data.train),
           rows(data.validation), rows(data.test), data.label_names.size(), excerpt(join(data.label_names, ", "), 200));
  for (const auto& note : data.notes) log_info("data: {}", note);
  bench->opened = open_for_training(options, data.label_names);
  const auto& opened = bench->opened;
  opened.model->to(device);
  if (options.pooling == "auto" && !opened.model->pooling.empty() && opened.model->pooling != "pooler") {
    log_info("pooling: {}, as the model's 1_Pooling says", opened.model->pooling);
  }
  if (options.distill > 0 && labels_of_method(options) == Labels::model && opened.model->detector &&
      opened.model->detector->groups().size() > 1) {
    bench->before = open_for_training(options, data.label_names).model;
    bench->before->to(device);
    log_info("distill: the classes from before are held to what the network says of them now");
  }
  for (const auto& note : task.complete(data, opened, options)) {
    data.notes.push_back(note);
    log_info("data: {}", note);
  }
  if (!data.category_ids.empty()) bench->opened.model->category_ids = data.category_ids;
  bench->train = data.train->source(opened, options, true);
  // Figures of rows without a label are not defined: they tell no better weights from worse ones.
  const auto labelled = [&](const TaskSplit& split) {
    return std::ranges::any_of(split.class_counts(data.label_names.size()), [](std::int64_t own) { return own > 0; });
  };
  if (data.validation && labelled(*data.validation))
    bench->validation = data.validation->source(opened, options, false);
  if (opened.adapter.empty()) {
    bench->head_origin = opened.model->detector ? start_detector(bench->opened, options)
                                                : start_head(bench->opened, options, *bench->train);
    opened.model->to(device);  // what of the head is new was made on the CPU
  }
  if (const auto count = estimate_norms(*opened.model, *bench->train); count > 0) {
    log_info("model: {} fresh batch norms took their statistics from some training pictures", count);
  }
  const auto cut = bench->train->cut_rows() + (bench->validation ? bench->validation->cut_rows() : 0);
  if (cut > 0) {
    const auto note = fmt::format("{} rows are longer than max_length {} and were cut", cut, opened.max_length);
    data.notes.push_back(note);
    log_warning("{}", note);
  }
  const auto facts = model_facts(*opened.model, 1, !opened.made.empty());
  log_info("model: {} ({}), {} blocks, {} parameters; {}", opened.base_name, facts.family, facts.blocks.size(),
           human_count(static_cast<double>(facts.parameters())),
           device.is_cpu() ? fmt::format("{} cores", bench->threads) : name_of(device));
  if (!opened.made.empty()) {
    log_info("model: made anew, as the file has none or has it for other labels: {}; of a head 'head:' says more",
             join(opened.made, ", "));
  }
  if (!opened.unread.empty()) {
    log_info("model: {} tensors of the file are no part of it and are not read: {}", opened.unread.size(),
             excerpt(join(opened.unread, ", "), 200));
  }
  for (const auto& doubt : task.doubts(opened, options, data)) log_warning("{}", doubt);
  return bench;
}

TrainData Workbench::train_data(const Options& chosen) const {
  TrainData result;
  result.train = train.get();
  result.validation = validation.get();
  result.evaluate = [this, chosen](BatchSource& source, torch::ScalarType precision) {
    return opened.task->evaluate(opened, *data.validation, source, precision, chosen);
  };
  result.groups = data.groups;
  result.before = before.get();
  if (chosen.class_weights == "balanced") {
    result.class_weights = balanced_class_weights(data.train->labels(), data.label_names.size());
  }
  return result;
}

void Workbench::measure_known() {
  for (const auto& [prefix, split] : {std::pair{"eval", &data.validation}, {"test", &data.test}}) {
    if (!*split) continue;
    if (auto known = opened.task->measure_known(opened, **split, options)) known_before[prefix] = std::move(*known);
  }
}

PlanFacts Workbench::facts(double seconds_used) const {
  PlanFacts facts;
  const auto& lengths = train->lengths();
  const double tokens = static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})) /
                        static_cast<double>(std::max<std::size_t>(1, train->size()));
  facts.model = model_facts(*opened.model, tokens, !opened.made.empty());
  facts.train_rows = static_cast<std::int64_t>(train->size());
  facts.validation_rows = validation ? static_cast<std::int64_t>(validation->size()) : 0;
  facts.test_rows = data.test ? static_cast<std::int64_t>(data.test->size()) : 0;
  facts.lengths = lengths;
  facts.seconds_used = seconds_used;
  trim_memory();  // what reading and loading have freed is there for training
  facts.resident_bytes = bytes_in_use(opened.model->device());
  facts.available_bytes = free_bytes(opened.model->device());
  facts.disk_bytes = free_disk_bytes(options.cache_dir.empty() ? options.out : options.cache_dir);
  facts.threads = threads;
  facts.holds_before = before != nullptr;
  opened.task->add_facts(facts, opened, *data.train, *train, options);
  return facts;
}

}  // namespace strop
