// Everything that a training job stands on, opened once: data, model, the splits as the model's inputs.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "planner/choose.h"
#include "strop/plan.h"
#include "train/task.h"
#include "train/trainer.h"

namespace strop {

struct Workbench {
  Options options;  // with what the task settled
  TaskData data;
  Opened opened;
  std::unique_ptr<BatchSource> train, validation;  // validation: null where there are no such rows with a label
  // Of a detector that keeps its classes while all of it trains (options.distill): the same network at rest, its
  // weights the file's own; else null.
  std::unique_ptr<Model> before;
  std::vector<std::string> head_origin;  // where each row of the head came from, in words
  int threads = 1;
  // Of a model that gets more classes, by the prefix of the split ("eval", "test"): what it knew of its own before.
  std::map<std::string, KnownBefore> known_before;

  TrainData train_data(const Options& options) const;
  PlanFacts facts(double seconds_used) const;
  // Fills known_before: to be called before training. Cost: an evaluation of each split, where the model has such
  // classes.
  void measure_known();
};

// Reads, checks and prepares. Prints what was found.
std::unique_ptr<Workbench> open_workbench(const Task& task, const Options& options);

}  // namespace strop
