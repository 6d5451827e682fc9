// What the planner knows before it decides: the model, the machine, the data and what is already used of the limits.
#pragma once

#include <cstdint>
#include <vector>

#include "models/facts.h"
#include "planner/probe.h"

namespace strop {

struct PlanFacts {
  ModelFacts model;
  MachineRates rates;
  std::int64_t train_rows = 0, validation_rows = 0, test_rows = 0;
  std::vector<std::int64_t> lengths;  // tokens of each training row; empty: all have ModelFacts::tokens
  bool pictures = false;              // the rows are pictures
  // To make a row's inputs by all threads, in training and as evaluation wants them; 0: they lie ready.
  double input_seconds = 0, evaluation_input_seconds = 0;
  double input_bytes = 0;  // of a row's inputs, where they are made ahead
  // Training inputs over those of the model's facts, where their size changes: the largest's positions, and the mean's.
  double largest_input = 1, mean_input = 1;
  // What a check of the frozen prefix in bf16 has found (train/check_precision.h), in words; empty: not checked.
  std::string bf16_prefix;
  bool bf16_prefix_safe = true;
  bool holds_before = false;        // training keeps the network as it was beside it, and asks it about every batch
  double seconds_used = 0;          // of the time limit, before the plan
  std::int64_t resident_bytes = 0;  // of the process now: libtorch, data, tokenizer
  std::int64_t available_bytes = 0;
  std::int64_t disk_bytes = 0;  // free where a cache on disk would lie
  int threads = 1;
};

}  // namespace strop
