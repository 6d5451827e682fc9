// inspect and version_line of strop/job.h.
#include <torch/types.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/text.h"
#include "data/boxes/box_data.h"
#include "models/facts.h"
#include "strop/job.h"
#include "train/task.h"
#include "train/tasks/tasks.h"
#include "train/write_files.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

json model_part(const Options& options, const InspectOptions& what, std::string& text, const Task*& task) {
  const auto opened = open_for_use(options);
  task = opened.task;
  const auto& model = *opened.model;
  const auto facts = model_facts(model, 32, !opened.made.empty());
  json part = {{"base", opened.base_name},
               {"family", facts.family},
               {"recognised_by", opened.why},
               {"task", opened.task->name()},
               {"input", opened.task->describe_inputs(opened)},
               {"parameters", facts.parameters()},
               {"labels", model.label_names},
               {"max_length", opened.max_length},
               {"made", opened.made}};
  text += fmt::format("model   {}\nfamily  {} ({})\n        {} parameters in {} blocks, {}\n", opened.base_name,
                      facts.family, opened.why, human_count(static_cast<double>(facts.parameters())),
                      facts.blocks.size(), opened.task->describe_inputs(opened));
  if (!model.label_names.empty()) text += "labels  " + excerpt(join(model.label_names, ", "), 200) + "\n";
  if (opened.record && !opened.record->method.empty()) {
    const auto& run = *opened.record;
    part["run"] = {{"method", run.method},
                   {"base_model", run.base_model},
                   {"data", run.data},
                   {"trained_parameters", run.trained_parameters}};
    text += fmt::format("run     method {} on {}, from {}: {} parameters trained\n", run.method, run.data,
                        run.base_model, human_count(static_cast<double>(run.trained_parameters)));
  }
  if (!opened.adapter.empty()) {
    std::int64_t adapted = 0, tensors = 0;
    for (const auto& [name, layer] : model.layers()) {
      if (!layer->adapter) continue;
      ++adapted;
      for (const auto& [key, tensor] : layer->adapter->tensors()) tensors += tensor->numel();
    }
    part["adapter"] = {{"folder", opened.adapter.string()},
                       {"method", opened.adapter_method},
                       {"layers", adapted},
                       {"parameters", tensors}};
    text += fmt::format("adapter {} ({}), {} layers, {} parameters\n", opened.adapter.string(), opened.adapter_method,
                        adapted, human_count(static_cast<double>(tensors)));
  }
  if (!what.blocks) return part;
  text += fmt::format("\n{:<22}{:>14}{:>14}{:>20}\n", "block", "parameters", "fp32 bytes",
                      model.input_form ? "GFLOP a picture" : "GFLOP for 32 tokens");
  for (const auto& block : facts.blocks) {
    part["blocks"].push_back({{"name", block.name},
                              {"parameters", block.parameters},
                              {"bytes", 4 * block.parameters},
                              {"flops", 2 * block.multiply_adds}});
    text += fmt::format("{:<22}{:>14}{:>14}{:>20.3f}\n", block.name, human_count(static_cast<double>(block.parameters)),
                        human_bytes(4 * static_cast<double>(block.parameters)), 2e-9 * block.multiply_adds);
  }
  return part;
}

}  // namespace

std::string inspect(const Options& given, const InspectOptions& what) {
  Options options = given;
  if (options.model.empty()) options.model = std::exchange(options.adapter, "");  // a run's folder knows its base
  if (options.model.empty() && options.data.empty()) {
    fail(ErrorKind::usage, "inspect: give --model, --adapter or --data");
  }
  json all;
  std::string text;
  const Task* task = nullptr;
  if (!options.model.empty()) all["model"] = model_part(options, what, text, task);
  if (task == nullptr) task = &task_of_data(options);
  // A classifier may become a detector's backbone.
  const bool boxes = options.task == kObjectDetection || (options.task == "auto" && looks_like_box_data(options.data));
  if (!options.data.empty() && boxes && task->name() == kImageClassification) task = &object_detection();
  if (!what.write.empty() && !task->writes_data()) {
    fail(ErrorKind::usage, "write: data of {} is not written; only pictures with boxes are", task->name());
  }
  if (what.augment && !options.augment.empty()) {
    Options settled = options;
    task->settle(settled);  // refuses words of another task
  }
  if (!options.data.empty()) all["data"] = task->inspect_data(options, what, text);
  return options.json ? json_text(all) : text;
}

std::string version_line() {
  return fmt::format("strop {} (libtorch {}, {}, {} cores: {})", STROP_VERSION, TORCH_VERSION, this_machine().cpu,
                     this_machine().physical_cores, this_machine().abilities);
}

}  // namespace strop
