// What differs from task to task: what the data is, how its rows become a model's inputs, how a row is shown to a
// person, what of the inputs' form is recorded and saved, how answers are written and measured. The jobs (job_*.cc,
// workbench, finish_run) know tasks by this interface alone; the trainer does not know of them at all.
//
// Adding a task: a class in src/train/tasks and a line in tasks/tasks.cc.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "image/rect.h"
#include "planner/plan_facts.h"
#include "report/run_record.h"
#include "strop/job.h"
#include "strop/options.h"
#include "train/batch_source.h"
#include "train/evaluation.h"
#include "train/opened.h"

namespace strop {

// The rows of one split, in their order.
class TaskSplit {
 public:
  virtual ~TaskSplit() = default;
  virtual std::size_t size() const = 0;
  virtual const std::vector<std::int32_t>& labels() const = 0;  // -1: none
  // Of each of so many labels the rows, or the boxes that are no crowds.
  virtual std::vector<std::int64_t> class_counts(std::size_t classes) const;
  // The rows as the model's inputs, changed at random as options.augment says where `training`. The split and `opened`
  // must outlive it.
  virtual std::unique_ptr<BatchSource> source(const Opened& opened, const Options& options, bool training) const = 0;
  // A row for a person: its text, or the name of its file.
  virtual std::string text_of(std::size_t row) const = 0;
  // The second text of a row that has two; else "".
  virtual std::string pair_of(std::size_t row) const;
  // The row as a small picture (a data URI), where it is one; else "".
  virtual std::string thumbnail_of(std::size_t row) const;
};

struct TaskData {
  std::unique_ptr<TaskSplit> train, validation, test;  // null where there are no such rows; train never is
  std::vector<std::string> label_names;
  std::vector<std::int64_t> category_ids;  // of the labels, where the files use numbers; else empty
  std::size_t known = 0;                   // the first of the labels, which the model brings: those that it adds follow
  std::vector<std::int64_t> added_ids;     // of the labels behind them, where the file uses numbers
  std::vector<std::int64_t> groups;        // duplicates of the training rows share one; empty: all differ
  std::vector<std::string> notes;          // choices made and problems found, to be printed
  std::vector<std::string> skipped;        // a line each file or folder that is left out, with the reason
};

struct Measured {
  SplitMetrics metrics;
  std::vector<PredictionRecord> predictions;      // of every row that was made
  std::vector<std::vector<FoundBox>> found = {};  // of every row, where boxes are the answer
  std::vector<std::size_t> unmade = {};           // rows that could not be made and so count nowhere
};

// What a model that gets more classes, or got them, knew of those from before on one split.
struct KnownBefore {
  std::vector<std::int32_t> labels;          // those classes
  std::optional<MeanAp> ap;                  // nothing: no example of them in the split
  std::vector<std::vector<FoundBox>> found;  // of every row
};

class Task {
 public:
  virtual ~Task() = default;
  virtual std::string name() const = 0;
  // Whether `data` (file or folder) is of a kind that no other task reads.
  virtual bool claims(const std::string& data) const = 0;
  // Whether its models can be asked about the data of another task: a detector about plain pictures.
  virtual bool reads_data_of(const Task& other) const;
  // Fills in what a person left open and the task decides.
  virtual void settle(Options& options) const = 0;

  // --- data ---
  virtual TaskData load(const Options& options) const = 0;
  // What the opened model adds to the rows to train on and to the numbers of the labels, before its first step. Returns
  // notes for a person.
  virtual std::vector<std::string> complete(TaskData& data, const Opened& opened, const Options& options) const;
  // Rows to evaluate a trained model on, and rows without labels. Error(data).
  virtual std::unique_ptr<TaskSplit> load_evaluation(const Options& options, const Opened& opened,
                                                     std::vector<std::string>& notes) const = 0;
  virtual std::unique_ptr<TaskSplit> load_prediction(const Options& options, const Opened& opened) const = 0;

  // --- what stands between a row and the network: a tokenizer, the form of pictures ---
  // By the model's files, the run's record and the options, the later the stronger.
  virtual void open_inputs(Opened& opened, const Options& options) const = 0;
  virtual InputRecord input_record(const Opened& opened, const Options& options) const = 0;
  // The files beside a saved model by which others prepare its inputs.
  virtual void save_inputs(const std::filesystem::path& folder, const Opened& opened) const = 0;
  // "at most 256 tokens": of the model's inputs, for a person.
  virtual std::string describe_inputs(const Opened& opened) const = 0;
  // What a check on some training rows finds doubtful in all this.
  virtual std::vector<std::string> doubts(const Opened& opened, const Options& options, const TaskData& data) const;
  // What the planner asks about the inputs, and how the network takes them.
  virtual void add_facts(PlanFacts& facts, const Opened& opened, const TaskSplit& rows, BatchSource& train,
                         const Options& options) const;

  // --- answers ---
  // The figure that tells which weights are best where metric_for_best_model does not say.
  virtual std::string headline() const = 0;
  // Names of the figures that evaluate() gives.
  virtual std::vector<std::string> figures() const = 0;
  // Figures of `split`, whose rows `source` gives as the inputs of its first block (behind a frozen prefix, say).
  virtual Evaluation evaluate(const Opened& opened, const TaskSplit& split, BatchSource& source,
                              torch::ScalarType precision, const Options& options) const = 0;
  virtual Measured measure(const Opened& opened, const TaskSplit& split, const Options& options) const = 0;
  // Of a model that is about to get more classes, what it knows of those it has; nothing where it gets none.
  virtual std::optional<KnownBefore> measure_known(const Opened& opened, const TaskSplit& split,
                                                   const Options& options) const;
  virtual void predict(const Opened& opened, const TaskSplit& split, const Options& options,
                       std::ostream& out) const = 0;
  // What the page shows of the rows beside the figures (gallery.json); null: nothing.
  virtual nlohmann::ordered_json gallery(const Opened& opened, const TaskData& data, const Options& options,
                                         const TaskSplit& split, const Measured& measured) const;
  // The data as strop inspect shows it: returned as JSON, and added to `text` for a person.
  virtual nlohmann::ordered_json inspect_data(const Options& options, const InspectOptions& what,
                                              std::string& text) const = 0;
  // Whether inspect_data also writes it (what.write).
  virtual bool writes_data() const { return false; }
};

// The visible list.
const std::vector<const Task*>& tasks();
// Error(usage): no such task.
const Task& find_task(const std::string& name);

// What this data is for where nothing else says it.
const Task& task_of_data(const Options& options);
// What the model does, which options.task and the data must not contradict: Error(usage) or Error(data) with the fix.
const Task& choose_task(const Options& options);
void check_task(const Task& model_task, const Options& options);

}  // namespace strop
