// Carries out a plan's stages on a model: nothing here decides, names a model family or a tuning method.
//
// After run() the model holds the best weights by metric_for_best_model (or the last ones). Interrupted, it saves a
// checkpoint and throws Error(interrupted); resumed from it, the remaining steps give the same bits as if it had not
// been.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "data/sampler.h"
#include "models/model.h"
#include "report/console.h"
#include "report/run_log.h"
#include "strop/plan.h"
#include "train/batch_source.h"
#include "train/checkpoint.h"
#include "train/evaluation.h"
#include "train/optimizer.h"
#include "train/replay.h"
#include "train/step.h"

namespace strop {

struct TrainData {
  BatchSource* train = nullptr;
  BatchSource* validation = nullptr;  // may be null: no evaluations
  Evaluator evaluate;                 // of validation
  std::vector<std::int64_t> groups;   // duplicates of the training rows share one
  std::vector<double> class_weights;  // by class; empty: 1
  const Model* before = nullptr;      // the network as it was, to which options.distill holds old answers; null: none
};

// What a step of the plan asks of the answers.
LossSettings loss_settings(const Plan& plan, const TrainData& data);

class Trainer {
 public:
  Trainer(Model& model, const Plan& plan, TrainData data, std::filesystem::path folder, Console& console);

  void run(std::optional<Checkpoint> resume);

  const TrainProgress& progress() const { return progress_; }
  // On-disk names of the stored tensors that were open at any stage.
  const std::set<std::string>& changed_tensors() const { return changed_; }
  double trained_seconds() const { return progress_.elapsed; }

 private:
  struct StageRun;  // what lives as long as one gradient stage
  struct Sources {  // behind a gradient stage's frozen prefix
    std::unique_ptr<BatchSource> train, validation;
  };

  void run_closed_form(const Stage& stage);
  void run_gradient(const Stage& stage, std::optional<Checkpoint> resume);
  void open(const Stage& stage);
  // Returns the number of the first batch of the epoch that is still to be announced.
  std::int64_t announce(StageRun& stage, const std::vector<Batch>& batches) const;
  std::int64_t view_of(const StageRun& stage) const;
  void train_step(StageRun& stage, const std::vector<Batch>& batches);
  // Returns true where training should stop early.
  bool evaluate(StageRun& stage);
  // Metrics on the validation source; keeps the weights where they are the best so far. `epoch` counts from
  // the stage's first. Returns false without a gain.
  bool measure(BatchSource& validation, torch::ScalarType precision, const Stage& stage, double epoch);
  void save(StageRun& stage);
  void log_step(StageRun& stage, double loss, double rate, double norm);
  double stage_progress(const StageRun& stage) const;
  // Of all gradient stages; 0 where one of them ends by the clock or by epochs.
  std::int64_t planned_steps() const;
  // Of this stage and those after it, whose steps are taken to last as long as this one's. Not a number before a step.
  double remaining_seconds(const StageRun& stage) const;
  // Brings the seconds of the run and of the stage up to now.
  void advance_clock(const StageRun& stage);
  // The step's rate and micro-batch: by the schedule, or as the replayed run had them.
  double begin_step(const StageRun& stage, std::size_t batches);
  bool evaluation_due(const StageRun& stage, bool epoch_ends) const;
  void halve_if_near_limit();
  bool caches(const Stage& stage) const;
  Sources sources_of(const Stage& stage) const;

  Model& model_;
  const Plan& plan_;
  TrainData data_;
  std::filesystem::path folder_;
  Console& console_;
  Sources filled_;  // by the closed form that ran last, for the stage behind it
  std::optional<Replay> replay_;
  std::unique_ptr<RunLog> log_;
  TrainProgress progress_;
  std::set<std::string> changed_;
  std::map<std::string, torch::Tensor> best_;
};

}  // namespace strop
