// Names and patterns of layers that a person has given and that name none.
#pragma once

#include <string>
#include <vector>

#include "models/model.h"
#include "strop/options.h"

namespace strop {

// A line each of target_modules, exclude_modules, feedforward_modules, rank_pattern and alpha_pattern that matches no
// layer of the model: "exclude_modules: 'qury' names no layer of this model". Empty for methods that read none of them.
// Error(usage): a broken regular expression.
std::vector<std::string> idle_patterns(const Model& model, const Options& options);

}  // namespace strop
