#include "train/first_run.h"

#include <algorithm>
#include <cmath>

#include "config/changed_key.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "strop/job.h"
#include "train/opened.h"

namespace strop {

namespace fs = std::filesystem;

namespace {

// Another run than the one that the options themselves ask for.
Options part_of(const Options& options, const fs::path& place) {
  Options part = options;
  part.pretrain_data.clear();
  part.replay_data.clear();
  part.join_epochs = 0;
  // The second run has what this one leaves.
  if (!options.time.empty())
    part.time = fmt::format("{}s", std::max<std::int64_t>(1, std::llround(parse_duration(options.time, "time") / 2)));
  part.save = "full";
  part.out = place.string();
  return part;
}

Options pretraining(const Options& options, const fs::path& place) {
  Options first = part_of(options, place);
  first.data = options.pretrain_data;
  first.validation_file.clear();
  first.test_file.clear();
  first.method = options.pretrain_method;
  first.num_train_epochs = options.pretrain_epochs;
  first.learning_rate = options.pretrain_learning_rate;
  first.max_steps = first.top_k = first.surgical = 0;
  first.surgical_first.clear();
  first.max_train_samples = 0;
  if (options.pretrain_top_k > 0) first.top_k = options.pretrain_top_k;
  return first;
}

bool joins(const Options& options) {
  return options.join_epochs > 0 && labels_of_method(options) == Labels::model_and_data;
}

// What goes on from the first run's model.
Options second_run(const Options& options, const fs::path& place) {
  Options second = options;
  second.model = fs::absolute(place).lexically_normal().string();
  // These told of the model that the first run began with.
  second.head_labels.clear();
  second.adapter.clear();
  if (!options.pretrain_data.empty()) {
    second.pretrain_data.clear();
    if (second.head_init == "auto") second.head_init = "pretrained";
    return second;
  }
  second.method = "join";
  // A rate for branches that begin anew is far too high for what is joined then.
  if (second.learning_rate != "auto") second.learning_rate = "table";
  second.num_train_epochs = options.join_epochs;
  second.max_steps = 0;
  second.join_epochs = 0;
  return second;
}

bool is_complete(const fs::path& place) { return fs::exists(place / "report.html"); }

// What is there already must be what is asked for.
void refuse_another(Options first, const fs::path& place) {
  const auto file = place / "plan.yaml";
  const auto planned = plan_from_yaml(read_file(file, ErrorKind::usage), file.string()).options;
  first.time = planned.time;                      // it had what there was of it
  first.replay_samples = planned.replay_samples;  // these are the second run's
  first.pseudo_labels = planned.pseudo_labels;
  first.distill = planned.distill;
  if (is_complete(place)) {  // with what it took to make it
    first.memory = planned.memory;
    first.threads = planned.threads;
    first.device = planned.device;
  }
  const auto key = changed_key(first, {"method", "num_train_epochs", "learning_rate"}, planned);
  if (!key) return;
  fail(ErrorKind::usage,
       "{}: the first of the two runs was made with {}={}, and now {} is asked for; remove it, or give another --out",
       place.string(), key->name, key->planned, key->asked);
}

// Begins it, goes on with it, or finds it complete.
void run_first(const Options& options, const fs::path& place) {
  const auto first = options.pretrain_data.empty() ? part_of(options, place) : pretraining(options, place);
  const bool begun = fs::exists(place / "plan.yaml");
  if (begun) refuse_another(first, place);
  if (is_complete(place)) {
    log_info("{}: complete; it is used as it is", place.string());
  } else if (begun) {
    Options rest;
    rest.resume = place.string();
    rest.quiet = options.quiet;
    rest.json = options.json;
    train(rest);
  } else {
    log_info("first {} on {}, into {}", first.method, first.data, place.string());
    if (!options.time.empty())
      log_info("time: this first of two runs has half of the {}, and ends by the clock", options.time);
    train(first);
  }
}

}  // namespace

std::string first_run_folder(const Options& options) {
  return !options.pretrain_data.empty() ? "pretrain" : joins(options) ? "increment" : "";
}

Options after_first_run(const Options& options, const fs::path& folder) {
  const auto name = first_run_folder(options);
  if (name.empty()) return options;
  if (name == "pretrain" && joins(options)) {
    fail(ErrorKind::usage,
         "pretrain_data and join_epochs are three runs; train on pretrain_data by a command of its own, and give its "
         "folder "
         "as --model");
  }
  // Before the first run has taken its time.
  if (name == "increment" && !options.replay_data.empty() && !fs::exists(options.replay_data)) {
    fail(ErrorKind::usage, "replay_data: {} does not exist; expected pictures with boxes of the classes from before",
         options.replay_data);
  }
  try {
    run_first(options, folder / name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::budget && !options.time.empty())
      fail(error.kind(), "the first of two runs, which has half of time={}: {}", options.time, error.what());
    if (error.kind() != ErrorKind::interrupted) throw;
    fail(error.kind(), "interrupted in the first of two runs; go on with the same command and --out {}",
         folder.string());
  }
  return second_run(options, folder / name);
}

}  // namespace strop
