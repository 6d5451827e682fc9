// What is said of a run's result beside its figures.
#pragma once

#include <string>

#include "report/run_record.h"
#include "train/workbench.h"

namespace strop {

// Of a detector with added classes: puts what its base found before training beside the figures of now, and logs both.
// `prefix`: eval or test.
void note_known(Measured& measured, const Workbench& bench, const std::string& prefix);

// Rows of the split that were there when the run began, and no more when it was measured: into the record, and a
// warning.
void note_unmade(RunRecord& record, const Measured& measured, const TaskSplit& split, const std::string& name);

// What answers show that know nothing of their rows; "" where they know something. A run may end there without a
// single error: at a rate so high that all rows get one label, or after too few steps to find a box.
std::string unlearned(const SplitMetrics& metrics);
void warn_of_unlearned(const SplitMetrics& metrics, const std::string& name);

}  // namespace strop
