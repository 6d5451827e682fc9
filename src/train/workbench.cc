#include "train/workbench.h"

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "models/facts.h"
#include "train/start_head.h"

namespace strop {

std::unique_ptr<Workbench> open_workbench(const Options& options) {
  if (options.task != "auto" && options.task != kTextClassification) {
    fail(ErrorKind::usage, "task: {} is not supported yet; supported: {}", options.task, kTextClassification);
  }
  auto bench = std::make_unique<Workbench>();
  bench->threads = set_up_device(options);
  bench->data = load_text_data(options);
  const auto& data = bench->data;
  log_info("data: {} rows to train on, {} to validate, {} to test; {} labels: {}", human_count(static_cast<double>(data.train.size())),
           human_count(static_cast<double>(data.validation.size())), human_count(static_cast<double>(data.test.size())),
           data.label_names.size(), excerpt(join(data.label_names, ", "), 200));
  for (const auto& note : data.notes) log_info("data: {}", note);
  bench->opened = open_for_training(options, data.label_names);
  const auto& opened = bench->opened;
  if (options.pooling == "auto" && opened.model->pooling != "pooler") {
    log_info("pooling: {}, as the model's 1_Pooling says", opened.model->pooling);
  }
  TextAugment augment{parse_augment(options.augment).operations, options.augment_rate, static_cast<std::uint64_t>(options.seed),
                      std::max<std::int64_t>(1, options.views)};
  bench->train = std::make_unique<TextSource>(data.train, *opened.tokenizer, opened.max_length, augment);
  if (!data.validation.empty()) {
    bench->validation = std::make_unique<TextSource>(data.validation, *opened.tokenizer, opened.max_length, TextAugment{});
  }
  if (opened.adapter.empty()) {
    for (const auto& line : start_head(bench->opened, options, *bench->train)) log_info("head: {}", line);
  }
  const auto truncated = bench->train->truncated() + (bench->validation ? bench->validation->truncated() : 0);
  if (truncated > 0) {
    const auto note = fmt::format("{} rows are longer than max_length {} and were cut", truncated, opened.max_length);
    bench->data.notes.push_back(note);
    log_info("data: {}", note);
  }
  const auto facts = bench->facts(0).model;
  log_info("model: {} ({}), {} blocks, {} parameters; {} cores", opened.base_name, facts.family, facts.blocks.size(),
           human_count(static_cast<double>(facts.parameters())), bench->threads);
  if (!opened.made.empty()) log_info("model: made anew, since the file lacks them: {}", join(opened.made, ", "));
  return bench;
}

TrainData Workbench::train_data(const Options& options) {
  TrainData result;
  result.train = train.get();
  result.validation = validation.get();
  result.groups = data.groups;
  if (options.class_weights == "balanced") result.class_weights = balanced_class_weights(data.train.labels, data.label_names.size());
  return result;
}

PlanFacts Workbench::facts(double seconds_used) const {
  PlanFacts facts;
  const double tokens = static_cast<double>(train->tokens()) / static_cast<double>(std::max<std::size_t>(1, train->size()));
  facts.model = model_facts(*opened.model, tokens, !opened.made.empty());
  facts.train_rows = static_cast<std::int64_t>(train->size());
  facts.validation_rows = validation ? static_cast<std::int64_t>(validation->size()) : 0;
  facts.test_rows = static_cast<std::int64_t>(data.test.size());
  facts.lengths = train->lengths();
  facts.seconds_used = seconds_used;
  facts.resident_bytes = resident_bytes();
  facts.available_bytes = available_bytes();
  facts.threads = threads;
  return facts;
}

}  // namespace strop
