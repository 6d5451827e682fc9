// How long training takes, in optimizer steps and in epochs: the one place that turns one into the other.
#pragma once

#include "strop/plan.h"

namespace strop {

// Optimizer steps of a pass over `rows` rows (those that data_fraction leaves of them), the last perhaps on fewer.
double steps_an_epoch(const Options& options, double rows);
// Passes over the rows that a stage is planned to make; infinite where the clock ends it, or it has no length yet.
double epochs_of(const Stage& stage, const Options& options, double rows);
// Those of all gradient stages together, as the options ask for them.
double epochs_of(const Options& options, double rows);

}  // namespace strop
