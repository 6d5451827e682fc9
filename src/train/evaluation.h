// What training asks of an evaluation, whatever the task.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <torch/types.h>

#include "train/batch_source.h"

namespace strop {

// Figures by the names that metric_for_best_model knows: "loss", "accuracy", "map", ... A task gives those it has.
using Evaluation = std::map<std::string, double>;

// The figure, so that more is better: the loss turned around. Error(usage) naming metric_for_best_model where the task
// has no such figure.
double quality_of(const Evaluation& evaluation, const std::string& metric);

// Measures the model on the validation rows, which `source` gives as the inputs of its first block.
using Evaluator = std::function<Evaluation(BatchSource& source, torch::ScalarType precision)>;

}  // namespace strop
