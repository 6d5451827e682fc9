// What training asks of an evaluation, whatever the task.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

#include "train/batch_source.h"

namespace strop {

// Figures by the names that metric_for_best_model knows: "loss", "accuracy", "map", ... A task gives those it has.
using Evaluation = std::map<std::string, double>;

// Error(usage) naming metric_for_best_model where it is none of a task's figures: before there is any.
void check_metric(const std::string& metric, const std::vector<std::string>& figures);

// The figure, so that more is better: the loss turned around. One that is not there is an Error(internal).
double quality_of(const Evaluation& evaluation, const std::string& metric);

// Measures the model on the validation rows, which `source` gives as the inputs of its first block.
using Evaluator = std::function<Evaluation(BatchSource& source, torch::ScalarType precision)>;

}  // namespace strop
