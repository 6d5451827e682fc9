// Norm tuning: factor and shift of every LayerNorm and BatchNorm train, all else stays (Frankle et al. 2021, arXiv
// 2003.00152, for BatchNorm; Zhao et al. 2023, arXiv 2312.11420, for LayerNorm: PEFT's LN_TUNING). BatchNorm's
// statistics stay as they are (freeze_bn).
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> norm_stages(const ModelFacts& model, const Options& options);
void open_norms(Block& block, const Options& options);

}  // namespace strop
