// SSF, scale and shift features (Lian et al. 2022, arXiv 2210.08823): the result of every linear layer and norm, and of
// convolutions without a norm behind them, times a trained factor plus a trained shift by feature. Folds exactly into
// weight and bias, so the result is a plain model. Starts as nothing (factors 1, shifts 0); a layer without bias, which
// could not take a shift, gets factors alone.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> ssf_stages(const ModelFacts& model, const Options& options);
void open_ssf(Block& block, const Options& options);

}  // namespace strop
