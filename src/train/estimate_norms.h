// Statistics for batch norms that have none: those of what reaches them from some training rows.
//
// Fresh norms get convolutions with results of mean 0 and variance 1 to begin with. Norms that are to learn statistics
// (BatchNorm2d::momentum), and that the file has folded into their convolutions, get weight and bias with which they
// compute what they did: normalised by batches as they stand, such a network's answers change by more than their size.
#pragma once

#include "models/model.h"
#include "train/batch_source.h"

namespace strop {

// Returns how many there were. One pass of 32 rows, 8 at a time below the first block with such a norm; nothing is done
// where there is none.
std::int64_t estimate_norms(const Model& model, BatchSource& train);

}  // namespace strop
