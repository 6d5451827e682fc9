#include "train/pretrain.h"

#include "core/error.h"
#include "core/log.h"
#include "strop/job.h"

namespace strop {

namespace fs = std::filesystem;

namespace {

Options first_options(const Options& options, const fs::path& folder) {
  Options first = options;
  first.data = options.pretrain_data;
  first.validation_file.clear();
  first.test_file.clear();
  first.pretrain_data.clear();
  first.method = options.pretrain_method;
  first.num_train_epochs = options.pretrain_epochs;
  first.max_steps = first.top_k = first.surgical = 0;
  first.surgical_first.clear();
  first.max_train_samples = 0;
  if (options.pretrain_top_k > 0) first.top_k = options.pretrain_top_k;
  first.time.clear();  // what it takes is missing from the second run's
  first.save = "full";
  first.out = folder.string();
  return first;
}

// Begins it, goes on with it, or finds it complete.
void pretrain(const Options& options, const fs::path& place) {
  if (fs::exists(place / "report.html")) {
    log_info("pretrain: {} is complete; it is used as it is", place.string());
  } else if (fs::exists(place / "plan.yaml")) {
    Options rest;
    rest.resume = place.string();
    rest.quiet = options.quiet;
    rest.json = options.json;
    train(rest);
  } else {
    log_info("pretrain: {} on {}, into {}", options.pretrain_method, options.pretrain_data, place.string());
    train(first_options(options, place));
  }
}

}  // namespace

Options after_pretraining(const Options& options, const fs::path& folder) {
  if (options.pretrain_data.empty()) return options;
  const auto place = folder / kPretrainFolder;
  try {
    pretrain(options, place);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    fail(error.kind(), "interrupted while pretraining; go on with the same command and --out {}", folder.string());
  }
  Options second = options;
  second.model = fs::absolute(place).lexically_normal().string();
  second.pretrain_data.clear();
  // These told of the model that pretraining began with.
  second.head_labels.clear();
  second.adapter.clear();
  if (second.head_init == "auto") second.head_init = "pretrained";
  return second;
}

}  // namespace strop
