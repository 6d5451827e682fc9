#include "train/tasks/tasks.h"

#include "core/error.h"
#include "core/text.h"

namespace strop {

const std::vector<const Task*>& tasks() {
  static const std::vector<const Task*> list = {&text_classification(), &object_detection(), &image_classification()};
  return list;
}

const Task& find_task(const std::string& name) {
  std::vector<std::string> names;
  for (const auto* task : tasks()) {
    if (task->name() == name) return *task;
    names.push_back(task->name());
  }
  fail(ErrorKind::usage, "task: {} is not supported yet; supported: {}", name, join(names, ", "));
}

const Task& task_of_data(const Options& options) {
  if (options.task != "auto") return find_task(options.task);
  for (const auto* task : tasks()) {
    if (task->claims(options.data)) return *task;
  }
  return *tasks().front();
}

void check_task(const Task& model_task, const Options& options) {
  if (options.task != "auto") {
    if (find_task(options.task).name() == model_task.name()) return;
    fail(ErrorKind::usage, "task: {} was asked for, but {} is a model for {}; leave task out, or give another model",
         options.task, options.model, model_task.name());
  }
  if (options.data == "-" || model_task.claims(options.data)) return;
  for (const auto* task : tasks()) {
    if (!task->claims(options.data) || model_task.reads_data_of(*task)) continue;
    fail(ErrorKind::data, "{}: data for {}, but {} is a model for {}; give a model or data of the same task",
         options.data, task->name(), options.model, model_task.name());
  }
}

const Task& choose_task(const Options& options) {
  if (options.task != "auto") find_task(options.task);
  const auto own = task_of_base(options.model, options.revision);
  // A classifier of pictures becomes the backbone of a detector.
  const bool wants_boxes =
      options.task == kObjectDetection || (options.task == "auto" && object_detection().claims(options.data));
  if (own == kImageClassification && wants_boxes) return object_detection();
  const Task& task = find_task(own);
  check_task(task, options);
  return task;
}

bool Task::reads_data_of(const Task&) const { return false; }
std::vector<std::int64_t> TaskSplit::class_counts(std::size_t classes) const {
  std::vector<std::int64_t> counts(classes);
  for (const auto label : labels()) {
    if (label >= 0) ++counts[static_cast<std::size_t>(label)];
  }
  return counts;
}

std::string TaskSplit::pair_of(std::size_t) const { return ""; }
std::string TaskSplit::thumbnail_of(std::size_t) const { return ""; }
std::vector<std::string> Task::complete(TaskData&, const Opened&, const Options&) const { return {}; }
std::vector<std::string> Task::doubts(const Opened&, const Options&, const TaskData&) const { return {}; }
std::optional<KnownBefore> Task::measure_known(const Opened&, const TaskSplit&, const Options&) const {
  return std::nullopt;
}
void Task::add_facts(PlanFacts&, const Opened&, const TaskSplit&, BatchSource&, const Options&) const {}
nlohmann::ordered_json Task::gallery(const Opened&, const TaskData&, const Options&, const TaskSplit&,
                                     const Measured&) const {
  return nullptr;
}

}  // namespace strop
