// evaluate, predict, merge and export_model of strop/job.h.
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "nn/device.h"
#include "strop/job.h"
#include "train/onnx_file.h"
#include "train/run_folder.h"
#include "train/save_model.h"
#include "train/task.h"
#include "tuning/apply.h"
#include "tuning/method.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// The model of a job that asks it something: one with labels and a head for them, for data of its own task.
Opened open_to_ask(const Options& options) {
  set_up_threads(options);
  auto opened = open_for_use(options);
  if (opened.model->label_names.empty())
    fail(ErrorKind::model, "{}: the model has no labels to predict; train it first", options.model);
  if (!opened.made.empty()) {
    fail(ErrorKind::model, "{}: the weights hold no head for the labels {} (they lack {}); train it first",
         options.model, excerpt(join(opened.model->label_names, ", "), 100), excerpt(join(opened.made, ", "), 200));
  }
  check_task(*opened.task, options);
  return opened;
}

}  // namespace

std::string evaluate(const Options& options) {
  if (options.quiet || options.json) set_log_level(LogLevel::warning);
  const auto opened = open_to_ask(options);
  opened.model->to(find_device(options.device));
  std::vector<std::string> notes;
  const auto split = opened.task->load_evaluation(options, opened, notes);
  for (const auto& note : notes) log_info("data: {}", note);
  auto text = metrics_json(opened.task->measure(opened, *split, options).metrics, "eval");
  if (!options.out.empty()) write_file_atomic(fs::path(options.out) / "eval_results.json", text + "\n");
  return text;
}

void predict(const Options& options, std::ostream& out) {
  if (options.quiet) set_log_level(LogLevel::warning);
  const auto opened = open_to_ask(options);
  opened.model->to(find_device(options.device));
  const auto split = opened.task->load_prediction(options, opened);
  opened.task->predict(opened, *split, options, out);
}

std::filesystem::path merge(const Options& options) {
  auto opened = open_for_use(options);
  if (opened.adapter.empty() && opened.deltas.empty()) {
    fail(ErrorKind::usage,
         "merge: {} has no adapter to fold in, nor changed tensors; give --adapter, or a run folder that holds either",
         options.model);
  }
  if (!opened.adapter.empty() && !find_method(opened.adapter_method).merges) fail_unmergeable(opened.adapter_method);
  const auto folder = claim_folder(options, "merged");
  save_model({folder.path, "full", opened.adapter_method, {}}, opened, options);
  return folder.path;
}

std::filesystem::path export_model(const Options& options) {
  const fs::path file = options.out;
  if (file.empty() || fs::is_directory(file)) {
    fail(ErrorKind::usage, "out: '{}' is no file; expected one for the network, as model.onnx", options.out);
  }
  auto opened = open_to_ask(options);
  if (!opened.adapter.empty() && !find_method(opened.adapter_method).merges) fail_unmergeable(opened.adapter_method);
  merge_adapters(*opened.model);
  write_onnx(*opened.model, file);
  return file;
}

}  // namespace strop
