// What lives as long as one gradient stage of the trainer.
#pragma once

#include "core/clock.h"
#include "train/due.h"
#include "train/trainer.h"

namespace strop {

struct Trainer::StageRun {
  const Stage& stage;
  std::unique_ptr<BatchSource> train, validation;  // behind the stage's frozen prefix
  Sampler sampler;
  Optimizer optimizer;
  DueBlocks due;
  LossSettings loss;
  torch::ScalarType precision;
  std::map<std::string, torch::Tensor> ema;  // averaged copies by tensor name; empty: none
  double batches_in_epoch = 1;
  double data_rate = 1;           // share of the training samples that the epoch uses
  double evaluation_seconds = 0;  // of the last evaluation
  double elapsed_before = 0;      // of the stage, when this process began with it
  Stopwatch since_begin = {};
  Stopwatch since_log = {};  // throughput window
  std::int64_t samples_at_log = 0, tokens_since_log = 0;
};

}  // namespace strop
