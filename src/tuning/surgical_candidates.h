// The blocks among which surgical=n chooses, and the stage in which all of them train, so that each has a gradient.
#pragma once

#include "tuning/method.h"

namespace strop {

struct SurgicalCandidates {
  std::vector<std::size_t> blocks;  // by number, the lowest first
  Stage stage;
};
// Error(usage) where the model has none.
SurgicalCandidates surgical_candidates(const ModelFacts& model, const Options& options);

}  // namespace strop
