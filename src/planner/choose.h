// From options and facts to a Plan, by fixed rules; every decision leaves its reason in the plan.
#pragma once

#include <cstdint>

#include "models/facts.h"
#include "planner/probe.h"
#include "strop/plan.h"

namespace strop {

struct PlanFacts {
  ModelFacts model;
  MachineRates rates;
  std::int64_t train_rows = 0, validation_rows = 0;
  double seconds_used = 0;     // of the time limit, before the plan
  std::int64_t available_bytes = 0;
  int threads = 1;
};

// Error(usage): options that contradict each other or the model. Error(budget): the limits can't be met.
Plan choose_plan(Options options, const PlanFacts& facts);

}  // namespace strop
