#include "planner/stage_length.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strop {

double steps_an_epoch(const Options& options, double rows) {
  const auto batch = options.per_device_train_batch_size * options.gradient_accumulation_steps;
  return std::max(1.0, std::ceil(std::ceil(rows * options.data_fraction) / static_cast<double>(batch)));
}

double epochs_of(const Stage& stage, const Options& options, double rows) {
  const bool counted = stage.max_steps > 0 || stage.epochs > 0;
  if (stage.seconds > 0 || !counted) return std::numeric_limits<double>::infinity();
  return stage.max_steps > 0 ? static_cast<double>(stage.max_steps) / steps_an_epoch(options, rows) : stage.epochs;
}

double epochs_of(const Options& options, double rows) {
  return options.max_steps > 0 ? static_cast<double>(options.max_steps) / steps_an_epoch(options, rows)
                               : options.num_train_epochs;
}

}  // namespace strop
