// BitFit (Ben Zaken et al. 2021, arXiv 2106.10199): the biases train, the weights stay. Of norm layers that is the
// shift. Backward computes no gradient of a weight: a trained bias costs the sum of its gradient's columns.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> bitfit_stages(const ModelFacts& model, const Options& options);
void open_biases(Block& block, const Options& options);

}  // namespace strop
