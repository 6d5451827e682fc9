// The table of default learning rates, by method and family, as bench/learning_rates.py measured them
// (docs/learning-rates.md): adapters want ten times the rate of full tuning.
#pragma once

#include <string>

#include "models/facts.h"
#include "strop/plan.h"

namespace strop {

// Peak rate for AdamW at batch 32 with decay to zero; for SGD a hundred times that.
double default_learning_rate(const std::string& method, const std::string& family, const std::string& optim);

// After a closed form of the last layer, the layers of the head below it (BERT's pooler) learn at full tuning's rate at
// most, by the stages' lr_scale. They are trained weights, and the solved rows are long (their norm is some 20 times a
// fresh head's), fitted to the small spread of what those layers give: one step of Adam at an adapter's rate moves that
// by several of its standard deviations, and the loss rises from 0.6 to 1.5 (MiniLM, SST-2). Their rate in the first 19
// steps of LoRA on 600 rows, dev accuracy and loss: 1e-3 64.0 %, 0.90; 3e-5 67.3 %, 0.62; 1e-4 68.3 %, 0.62.
void slow_lower_head(Plan& plan, const ModelFacts& model);

}  // namespace strop
