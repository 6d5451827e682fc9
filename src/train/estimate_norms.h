// Statistics for batch norms that no file has: those of what reaches them from some training rows. Frozen from then on,
// as all others are, they give fresh convolutions results of mean 0 and variance 1 to begin with.
#pragma once

#include "models/model.h"
#include "train/batch_source.h"

namespace strop {

// Returns how many there were. One pass of 32 rows, each block once; nothing is done where no norm is fresh.
std::int64_t estimate_norms(const Model& model, BatchSource& train);

}  // namespace strop
