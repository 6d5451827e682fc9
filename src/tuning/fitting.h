// Whether the method that was chosen fits the model.
#pragma once

#include "models/model.h"
#include "strop/options.h"

namespace strop {

// Error(usage) with the reason and with the methods that fit, where options.method does not; or where options ask of it
// what another method does. Leaves the model as it was. Cost: a check of the stages' blocks; of every method's where
// it throws.
void check_method(Model& model, const ModelFacts& facts, const Options& options);

}  // namespace strop
