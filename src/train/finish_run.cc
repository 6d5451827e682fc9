#include "train/finish_run.h"

#include <torch/types.h>
#include <torch/version.h>

#include <algorithm>

#include "core/clock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/memory.h"
#include "core/text.h"
#include "nn/device.h"
#include "report/html.h"
#include "report/run_record.h"
#include "train/remarks.h"
#include "train/result_files.h"
#include "train/save_model.h"
#include "train/write_files.h"
#include "tuning/apply.h"
#include "tuning/method.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

// The blocks with what trained in them, and the hashes of what did not: before, from the base's file read again.
// `changed`: tensors without a proof, the trained ones and those made anew, which have no stored value to be held
// against.
std::vector<BlockRecord> block_records(const Model& model, const Options& options, const std::set<std::string>& trained,
                                       const std::set<std::string>& changed, const std::vector<std::string>& labels,
                                       const std::string& precision) {
  const auto after = frozen_hashes(model, changed);
  std::map<std::string, std::string> before;
  {
    const auto base = open_for_training(options, labels);
    before = frozen_hashes(*base.model, changed);
  }
  std::vector<BlockRecord> records;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto& block = model.block(i);
    BlockRecord record;
    record.name = block.name();
    record.precision = precision;
    for (const auto& [name, layer] : block.layers()) {
      record.parameters += layer->parameters();
      for (const auto& one : layer->stored()) {
        if (trained.count(name + one.suffix) != 0) record.trained_parameters += one.tensor->numel();
      }
      if (!layer->adapter) continue;
      for (const auto& [key, tensor] : layer->adapter->tensors()) {
        record.parameters += tensor->numel();
        record.trained_parameters += tensor->numel();
      }
    }
    if (const auto found = before.find(record.name); found != before.end()) record.frozen_hash_before = found->second;
    if (const auto found = after.find(record.name); found != after.end()) record.frozen_hash_after = found->second;
    records.push_back(record);
  }
  return records;
}

// As one word of a shell's command: in quotes where it needs them.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

RunRecord make_record(const Workbench& bench, const Plan& plan, const Trainer& trainer, const std::string& started) {
  const auto& data = bench.data;
  RunRecord record;
  const auto& task = *bench.opened.task;
  record.task = task.name();
  record.method = plan.options.method;
  record.labels = data.label_names;
  record.category_ids = bench.opened.model->category_ids;
  if (bench.opened.model->detector) {
    for (const auto& group : bench.opened.model->detector->groups())
      record.class_groups.push_back(static_cast<std::int64_t>(group.size()));
  }
  record.base_model = bench.opened.base_name;
  const auto& below = bench.opened.deltas;
  record.base_hash = hash_of_weights(below.empty() ? bench.opened.base_folder : below.back());
  record.family = bench.opened.model->family();
  record.input = task.input_record(bench.opened, plan.options);
  auto changed = trainer.changed_tensors();
  for (const auto& name : bench.opened.made) {
    for (const auto& one : bench.opened.model->find_layer(name)->stored()) changed.insert(name + one.suffix);
  }
  record.blocks = block_records(*bench.opened.model, plan.options, trainer.changed_tensors(), changed, data.label_names,
                                plan.precision);
  for (const auto& block : record.blocks) {
    record.total_parameters += block.parameters;
    record.trained_parameters += block.trained_parameters;
  }
  record.data = plan.options.data;
  for (const auto& [name, split] :
       {std::pair{"train", &data.train}, {"validation", &data.validation}, {"test", &data.test}}) {
    if (!*split) continue;
    const auto rows = static_cast<std::int64_t>((*split)->size());
    record.splits.push_back({name, rows, (*split)->class_counts(data.label_names.size())});
  }
  record.data_notes = data.notes;
  for (const auto& finding : bench.train->findings()) {
    log_info("data: {}", finding);
    record.data_notes.push_back(finding);
  }
  const auto& device = bench.opened.model->device();
  record.machine = {this_machine().cpu, this_machine().abilities, name_of(device), bench.threads, free_bytes(device)};
  record.versions = {{"strop", STROP_VERSION}, {"libtorch", TORCH_VERSION}, {"compiler", __VERSION__}};
  fs::path out = fs::path(plan.options.out).lexically_normal();
  if (!out.has_filename()) out = out.parent_path();
  record.command = fmt::format("strop train {} --out {}", shell_word((out / "plan.yaml").string()),
                               shell_word(out.string() + "-again"));
  record.started = started;
  return record;
}

std::string prediction_lines(const std::vector<PredictionRecord>& predictions) {
  std::string lines;
  for (const auto& prediction : predictions) lines += to_json(prediction) + "\n";
  return lines;
}

// The history of runs, a line each: strop.json without its blocks, the plan and the results. A cache folder that cannot
// be written spoils no run.
void remember(const nlohmann::json& outcome) {
  try {
    append_file(cache_folder() / "runs.jsonl", outcome.dump() + "\n");
  } catch (const Error& error) {
    log_warning("the run is not added to the history: {}", error.what());
  }
}

// Against what was predicted, and against the limits.
void log_cost(const CostRecord& cost, const Options& options) {
  const auto peak = human_bytes(static_cast<double>(cost.actual_peak_bytes)),
             took = human_duration(cost.actual_seconds);
  const auto predicted = [&](const std::string& text) {
    return cost.predicted_seconds > 0 ? " (predicted " + text + ")" : "";
  };
  log_info("took {}{} and {} of memory{}", took, predicted(human_duration(cost.predicted_seconds)), peak,
           predicted(human_bytes(static_cast<double>(cost.predicted_peak_bytes))));
  if (!options.time.empty() && cost.actual_seconds > parse_duration(options.time, "time")) {
    log_warning("time: the run took {}, more than the {} allowed", took, options.time);
  }
  if (!options.memory.empty() && cost.actual_peak_bytes > parse_bytes(options.memory, "memory")) {
    log_warning("memory: the run took {}, more than the {} allowed", peak, options.memory);
  }
}

}  // namespace

std::string adapter_method(const Plan& plan, const Opened& opened) {
  const bool puts_adapters = std::any_of(plan.stages.begin(), plan.stages.end(), [](const Stage& stage) {
    return find_method(stage.method).trains == Trains::adapters;
  });
  return puts_adapters ? plan.options.method : opened.adapter_method;
}

std::string finish_run(Workbench& bench, const Plan& plan, const Trainer& trainer, const fs::path& folder,
                       const std::string& started, double seconds_before) {
  const auto& options = plan.options;
  const auto& progress = trainer.progress();
  const std::string method = adapter_method(plan, bench.opened);
  auto record = make_record(bench, plan, trainer, started);
  write_file_atomic(folder / "strop.json", to_json(record) + "\n");
  const auto kind = resolve_save(options, *bench.opened.model, method);
  save_model({folder, kind, method, trainer.changed_tensors()}, bench.opened, options);
  bench.train.reset();
  bench.validation.reset();
  bench.before.reset();
  bench.opened = {};
  trim_memory();

  RunResults results;
  results.train_runtime = progress.elapsed;
  results.train_samples_per_second =
      progress.elapsed > 0 ? static_cast<double>(progress.samples) / progress.elapsed : 0;
  results.train_loss = progress.global_step > 0 ? progress.loss_sum / static_cast<double>(progress.global_step) : 0;
  results.epoch = progress.epochs;
  results.total_steps = progress.global_step;
  results.best_step = progress.best_step < 0 || progress.best_step == progress.global_step ? 0 : progress.best_step;
  // What is measured is what others will open: the saved files, in fp32.
  Options use = options;
  use.model = folder.string();
  use.adapter.clear();
  const auto reloaded = open_for_use(use);
  const auto device = find_device(options.device);
  reloaded.model->to(device);
  const auto& task = *reloaded.task;
  const auto& data = bench.data;
  Measured last;  // of the split that the report is about: test, where there is one
  if (data.validation) {
    last = task.measure(reloaded, *data.validation, options);
    note_unmade(record, last, *data.validation, "validation");
    note_known(last, bench, "eval");
    results.eval = last.metrics;
    results.cost.actual_quality = headline_of(last.metrics);
  }
  if (data.test) {
    last = task.measure(reloaded, *data.test, options);
    note_unmade(record, last, *data.test, "test");
    note_known(last, bench, "test");
    results.test = last.metrics;
  }
  if (const auto* split = data.test ? data.test.get() : data.validation.get(); split != nullptr) {
    warn_of_unlearned(last.metrics, data.test ? "test" : "validation");
    write_file_atomic(folder / "predictions.jsonl", prediction_lines(last.predictions));
    const auto gallery = task.gallery(reloaded, data, options, *split, last);
    if (!gallery.is_null()) write_file_atomic(folder / "gallery.json", json_text(gallery, -1) + "\n");
  }
  write_file_atomic(folder / "strop.json", to_json(record) + "\n");
  results.cost.predicted_seconds = plan.predicted.seconds;
  results.cost.predicted_peak_bytes = plan.predicted.peak_bytes;
  results.cost.predicted_quality = plan.predicted.quality;
  results.cost.actual_seconds = seconds_before + seconds_since_launch();
  results.cost.actual_peak_bytes = peak_bytes(device);
  log_cost(results.cost, options);
  const auto text = to_json(results);
  write_file_atomic(folder / "all_results.json", text + "\n");
  write_result_files(folder, results, progress);
  write_file_atomic(folder / "report.html", render_report({folder}));
  auto facts = nlohmann::json::parse(to_json(record));
  facts.erase("blocks");
  facts.update({{"finished", utc_now()},
                {"folder", fs::absolute(folder).string()},
                {"plan", to_yaml(plan)},
                {"results", nlohmann::json::parse(text)}});
  remember(facts);
  return text;
}

}  // namespace strop
