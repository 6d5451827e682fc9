#include "train/opened.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/machine.h"
#include "core/text.h"
#include "models/family.h"
#include "train/counting_allocator.h"
#include "train/save_model.h"
#include "train/task.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"
#include "weights/hub.h"
#include "weights/safetensors.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

std::optional<RunRecord> record_of(const fs::path& folder) {
  const auto file = folder / "strop.json";
  if (!fs::exists(file)) return std::nullopt;
  auto record = run_record_from_json(read_file(file, ErrorKind::model));
  const auto& groups = record.class_groups;
  const auto classes = std::accumulate(groups.begin(), groups.end(), std::size_t{0});
  if (!groups.empty() && classes != record.labels.size()) {
    fail(ErrorKind::model,
         "{}: labels: {} labels, but its class_groups count {} classes; put the list that belongs to the weights there",
         file.string(), record.labels.size(), classes);
  }
  return record;
}

std::string absolute_if_path(const std::string& name) {
  return fs::exists(name) ? fs::absolute(name).lexically_normal().string() : name;
}

// The base that an adapter folder was trained on: by its run record, else by PEFT's key.
std::string base_of_adapter(const fs::path& folder, const std::optional<RunRecord>& record) {
  if (record && !record->base_model.empty()) return record->base_model;
  const auto file = folder / "adapter_config.json";
  const auto config = nlohmann::json::parse(read_file(file, ErrorKind::model), nullptr, false);
  if (config.is_object() && config.contains("base_model_name_or_path") &&
      config["base_model_name_or_path"].is_string()) {
    return config["base_model_name_or_path"].get<std::string>();
  }
  fail(ErrorKind::model, "{}: no base_model_name_or_path; name the base with --model and this folder with --adapter",
       file.string());
}

// Shapes alone do not tell a base from another of its kind: the run record holds a hash of the weights.
void refuse_other_base(const fs::path& adapter, const std::optional<RunRecord>& record, const std::string& base,
                       const std::string& revision) {
  if (!record || record->base_hash.empty()) return;
  if (hash_of_weights(resolve_model(base, revision)) != record->base_hash) {
    fail(ErrorKind::model,
         "{}: this was trained on {}, whose weights differ from those of {}; give that base with --model",
         adapter.string(), record->base_model, base);
  }
}

// PEFT's adapters name no labels; those of the base hold where it has as many (open_model reads them).
bool base_names_labels(const std::string& base, const std::string& revision, std::int64_t count) {
  const auto file = resolve_model(base, revision) / "config.json";
  if (!fs::exists(file)) return false;
  const auto config = nlohmann::json::parse(read_file(file, ErrorKind::model), nullptr, false);
  return config.is_object() && config.contains("id2label") &&
         static_cast<std::int64_t>(config["id2label"].size()) == count;
}

// oneDNN keeps a compiled product, with its workspace of a megabyte or two, for every shape it has seen, 1,024 of them.
// Texts bring hundreds of shapes; pictures bring one a layer, and need them all again with the next batch. A person's
// own settings win. To be called before the first product.
void limit_compiled_products() {
  ::setenv("LRU_CACHE_CAPACITY", "24", 0);
  ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "24", 0);
}

// Whether a folder holds changed tensors alone.
bool holds_delta(const fs::path& folder) {
  return fs::exists(folder / "delta.safetensors") && fs::exists(folder / "strop.json");
}

// Folders of changed tensors, one over the other, and the whole model below them.
struct DeltaChain {
  std::string base;
  std::vector<fs::path> folders;  // the lowest first
};

// Error(model): one of them was trained on another base.
DeltaChain chain_of(const std::string& top, const std::string& revision) {
  DeltaChain chain{top, {}};
  while (holds_delta(chain.base)) {
    const fs::path folder = chain.base;
    if (std::ranges::find(chain.folders, folder) != chain.folders.end()) {
      fail(ErrorKind::model,
           "{}: by base_model of strop.json it stands on itself; expected the folder of another model",
           folder.string());
    }
    const auto record = record_of(folder);
    refuse_other_base(folder, record, record->base_model, revision);
    chain.folders.insert(chain.folders.begin(), folder);
    chain.base = record->base_model;
  }
  return chain;
}

[[noreturn]] void fail_unfinished(const fs::path& run) {
  fail(ErrorKind::model, "{}: this run holds no model yet; finish it with: strop train --resume --out {}", run.string(),
       run.string());
}

// What training can't begin with: an adapter without its base, a run that is not finished.
void refuse_part(const fs::path& model) {
  if (fs::exists(model / "config.json") || holds_delta(model)) return;
  if (fs::exists(model / "adapter_config.json")) {
    fail(ErrorKind::usage,
         "{}: holds an adapter alone; to go on from it give --model {} --adapter {}, or make a whole model of it first "
         "with: strop merge --model {} --out FOLDER",
         model.string(), base_of_adapter(model, record_of(model)), model.string(), model.string());
  }
  if (fs::exists(model / "plan.yaml")) fail_unfinished(model);
}

// `groups` of classes with one more for labels beyond them.
std::vector<std::int64_t> with_added(std::vector<std::int64_t> groups, std::size_t labels) {
  const auto known = std::accumulate(groups.begin(), groups.end(), std::int64_t{0});
  const auto wanted = static_cast<std::int64_t>(labels);
  if (!groups.empty() && wanted > known) groups.push_back(wanted - known);
  return groups;
}

// Training goes on from a folder of changed tensors: what its record says of it.
void continue_delta(Opened& opened, const Options& options, ModelOptions& model_options) {
  if (labels_of_method(options) == Labels::data) {
    fail(ErrorKind::usage,
         "{}: holds changed tensors alone, and method {} may want other classes; make a whole model of it first with: "
         "strop merge --model {} --out FOLDER",
         options.model, options.method, options.model);
  }
  opened.record = record_of(options.model);
  model_options.groups = with_added(opened.record->class_groups, model_options.label_names.size());
  if (opened.record->task == kObjectDetection) model_options.task = opened.record->task;
  if (model_options.image_size == 0) model_options.image_size = opened.record->input.width;
}

// top: what was named, a model or the uppermost folder of changed tensors.
void finish(Opened& opened, const Options& options, ModelOptions model_options, const std::string& top) {
  auto chain = chain_of(top, options.revision);
  opened.deltas = std::move(chain.folders);
  opened.base_folder = resolve_model(chain.base, options.revision);
  auto base = open_model(opened.base_folder, std::move(model_options));
  opened.model = std::move(base.model);
  if (!opened.model->input_form) limit_compiled_products();
  opened.why = std::move(base.why);
  opened.made = std::move(base.made);
  opened.unread = std::move(base.unread);
  opened.task = &find_task(opened.model->task);
  opened.task->open_inputs(opened, options);
  if (!opened.adapter.empty()) {
    std::set<std::string> saved;
    opened.adapter_method = read_adapter(opened.adapter, *opened.model, &saved);
    std::erase_if(opened.made, [&](const std::string& name) { return saved.contains(name); });
  }
  for (const auto& folder : opened.deltas) {
    const auto read = read_delta(folder, *opened.model);
    std::erase_if(opened.made, [&](const std::string& name) {
      return read.contains(name + opened.model->find_layer(name)->weight_suffix());
    });
  }
  if (opened.record && !opened.record->category_ids.empty()) opened.model->category_ids = opened.record->category_ids;
}

// pooling=auto. A head alone reads what the encoder was trained to give, as a sentence-transformers folder says in
// 1_Pooling (docs/methods.md). All else reads the pooler: a classifier of Transformers has no other, so its models and
// PEFT's adapters open there.
std::string pooling_of(const Options& options) {
  if (options.pooling != "auto") return options.pooling;
  const auto file = resolve_model(options.model, options.revision) / "1_Pooling" / "config.json";
  if (!tunes_head_alone(options) || !fs::exists(file)) return "pooler";
  const auto config = nlohmann::json::parse(read_file(file, ErrorKind::model), nullptr, false);
  const auto says = [&](const char* key, const nlohmann::json& value) {
    return config.is_object() && config.contains(key) && config[key] == value;
  };
  if (says("pooling_mode", "mean") || says("pooling_mode_mean_tokens", true)) return "mean";
  if (says("pooling_mode", "cls") || says("pooling_mode_cls_token", true)) return "cls";
  return "pooler";
}

}  // namespace

std::vector<std::string> read_label_list(const std::string& file) {
  std::vector<std::string> labels;
  for (const auto& line : split_lines(read_file(file, ErrorKind::usage, 16 << 20))) {
    if (const auto label = trim(line); !label.empty()) labels.emplace_back(label);
  }
  return labels;
}

bool tunes_head_alone(const Options& options) {
  return std::any_of(methods().begin(), methods().end(),
                     [&](const Method& method) { return method.head_alone && method.name == options.method; });
}

Labels labels_of_method(const Options& options) {
  const auto own = std::ranges::find(methods(), options.method, &Method::name);
  return own == methods().end() ? Labels::data : own->labels;
}

std::string hash_of_weights(const fs::path& base) {
  const auto delta = base / "delta.safetensors";
  const auto files = fs::exists(delta) ? std::vector{delta} : WeightFiles(base).files();
  if (files.size() == 1) return sha256_file(files.front());
  std::string hashes;
  for (const auto& file : files) hashes += sha256_file(file);
  return sha256(hashes);
}

std::string how_to_train_on(const fs::path& run) {
  const auto model = fs::exists(run / "adapter_config.json")
                         ? fmt::format("{} --adapter {}", base_of_adapter(run, record_of(run)), run.string())
                         : run.string();
  return fmt::format(
      "train its result further by a run of its own: strop train --model {} --data DATA --out FOLDER "
      "num_train_epochs=N",
      model);
}

std::string task_of_base(const std::string& model, const std::string& revision) {
  refuse_part(model);
  return holds_delta(model) ? record_of(model)->task : task_of_model(resolve_model(model, revision));
}

std::vector<std::string> labels_of_base(const std::string& model, const std::string& revision) {
  return holds_delta(model) ? record_of(model)->labels : labels_of_model(resolve_model(model, revision));
}

Opened open_for_training(const Options& options, const std::vector<std::string>& labels) {
  Opened opened;
  opened.base_name = absolute_if_path(options.model);
  opened.adapter = options.adapter;
  if (!options.adapter.empty())
    refuse_other_base(options.adapter, record_of(options.adapter), options.model, options.revision);
  ModelOptions model_options;
  model_options.label_names = labels;
  model_options.pooling = pooling_of(options);
  model_options.seed = static_cast<std::uint64_t>(options.seed);
  model_options.image_size = options.image_size;
  model_options.task = options.task == kObjectDetection ? options.task : "";
  model_options.keeps_classes = labels_of_method(options) != Labels::data;
  if (holds_delta(options.model)) continue_delta(opened, options, model_options);
  finish(opened, options, model_options, opened.base_name);
  return opened;
}

Opened open_for_use(const Options& options) {
  Opened opened;
  const fs::path given = options.model;
  if (!options.adapter.empty()) {
    opened.adapter = options.adapter;
    opened.record = record_of(opened.adapter);
    opened.base_name = absolute_if_path(options.model);
    refuse_other_base(options.adapter, opened.record, options.model, options.revision);
  } else if (fs::exists(given / "adapter_config.json")) {
    opened.adapter = given;
    opened.record = record_of(given);
    opened.base_name = base_of_adapter(given, opened.record);
  } else if (holds_delta(given)) {
    opened.record = record_of(given);
    opened.base_name = opened.record->base_model;
  } else {
    opened.base_name = absolute_if_path(options.model);
    if (fs::is_directory(given)) opened.record = record_of(given);
    const bool is_run = opened.record || fs::exists(given / "plan.yaml");
    if (is_run && !fs::exists(given / "config.json")) fail_unfinished(given);
  }
  ModelOptions model_options;
  model_options.pooling = opened.record && !opened.record->input.pooling.empty() ? opened.record->input.pooling
                          : options.pooling == "auto"                            ? "pooler"
                                                                                 : options.pooling;
  if (opened.record) {
    model_options.label_names = opened.record->labels;
    if (opened.record->task == kObjectDetection) model_options.task = opened.record->task;
    const bool delta = holds_delta(given);
    model_options.keeps_classes = opened.adapter.empty();
    if (opened.adapter.empty() && delta) model_options.groups = opened.record->class_groups;
    if (opened.adapter.empty() && !delta) model_options.labels_from = (given / "strop.json").string() + ": labels";
  }
  const bool names_stored_head =
      model_options.label_names.empty() && !options.head_labels.empty() && opened.adapter.empty();
  if (names_stored_head) {
    model_options.label_names = read_label_list(options.head_labels);
    model_options.keeps_classes = true;
  }
  model_options.image_size = options.image_size > 0 ? options.image_size
                             : opened.record        ? opened.record->input.width
                                                    : 0;
  const auto count = model_options.label_names.empty() && !opened.adapter.empty() ? adapter_labels(opened.adapter) : 0;
  if (count > 0 && !base_names_labels(opened.base_name, options.revision, count)) {
    for (std::int64_t i = 0; i < count; ++i) model_options.label_names.push_back("LABEL_" + std::to_string(i));
  }
  finish(opened, options, model_options,
         opened.adapter.empty() && holds_delta(given) ? given.string() : opened.base_name);
  if (names_stored_head && !opened.made.empty()) {
    fail(ErrorKind::usage, "head_labels: {} labels do not fit the head of {}", opened.model->label_names.size(),
         options.model);
  }
  return opened;
}

int set_up_threads(const Options& options) {
  const int threads = options.threads > 0 ? static_cast<int>(options.threads) : this_machine().physical_cores;
  count_tensor_memory();
  at::set_num_threads(threads);
  return threads;
}

}  // namespace strop
