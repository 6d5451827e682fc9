// Everything that a training job stands on, opened once: data, model, tokenised splits.
#pragma once

#include <memory>
#include <optional>

#include "data/text_data.h"
#include "planner/choose.h"
#include "strop/plan.h"
#include "train/opened.h"
#include "train/text_source.h"
#include "train/trainer.h"

namespace strop {

struct Workbench {
  TextData data;
  Opened opened;
  std::unique_ptr<TextSource> train, validation;  // validation: null where there are no such rows
  int threads = 1;

  TrainData train_data(const Options& options);
  PlanFacts facts(double seconds_used) const;
};

// Reads, checks and tokenises. Prints what was found. options.task must be auto or text-classification.
std::unique_ptr<Workbench> open_workbench(const Options& options);

}  // namespace strop
