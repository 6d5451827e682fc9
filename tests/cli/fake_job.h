// strop/job.h without libtorch: keeps what it was asked and answers what the test says, so that the whole command line
// runs in the tests.
#pragma once

#include <functional>

#include "strop/job.h"

namespace strop {

struct FakeJob {
  Options options;  // of the last call
  Plan plan;        // of the last train(plan)
  InspectOptions inspect;
  BenchOptions bench;
  std::string predictions;        // of the last evaluate_predictions
  std::string found;              // what predict prints, as detectors do, where it is not empty
  std::string called;             // "train options", "train plan", "evaluate", ...
  std::function<void()> failure;  // thrown from, where set
};

FakeJob& fake_job();

}  // namespace strop
