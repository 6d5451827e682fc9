// The table of default learning rates, by method and family. Those of head, layerwise, lora, ia3 and full are as
// bench/learning_rates.py measured them (docs/learning-rates.md): adapters want ten times the rate of full tuning. The
// others' are those of their papers or peers; learning_rate=auto measures on the data at hand. The upper blocks of an
// EfficientNet under a fresh head want more than a text encoder's (Lite0, six blocks, 5 epochs of clothing-small,
// validation accuracy and loss): 3e-4 84.4 %, 0.46; 6e-4 83.9 %, 0.50; 1e-3 86.0 %, 0.44 (mean of 2 seeds).
#pragma once

#include <string>

#include "models/facts.h"
#include "strop/plan.h"

namespace strop {

// Peak rate for AdamW at batch 32 with decay to zero; for SGD a hundred times that.
double default_learning_rate(const std::string& method, const std::string& family, const std::string& optim);

// On pictures, what trains whole layers after a closed form of the head learns at 1e-4 at most. Validation accuracy of
// EfficientNet-Lite0, last two stages, 5 epochs of clothing-small, by the solved head, in the worst epoch and in the
// best: 83.3 %, 70.4, 85.5 at 1e-3 and 83.3, 79.0, 86.6 at 1e-4 (seed 1); 83.9, 74.2, 84.4 and 83.9, 83.9, 87.6 (2).
void slow_below_solved_head(Plan& plan);

// After a closed form of the last layer, the layers of the head below it (BERT's pooler) learn at 3e-5 at most, by the
// stages' lr_scale. They are trained weights, and the solved rows are long (their norm is some 20 times a fresh
// head's), fitted to the small spread of what those layers give: one step of Adam at an adapter's rate moves that by
// several of its standard deviations, and the loss rises from 0.6 to 1.5 (MiniLM, SST-2). Their rate under LoRA at 3e-3
// on 600 rows, one epoch, 3 seeds, dev accuracy and loss: 3e-4 69.6 %, 0.62; 1e-4 71.8 %, 0.56; 3e-5 72.6 %, 0.54.
void slow_lower_head(Plan& plan, const ModelFacts& model);

// options.lr_scale: its factors go onto those that the stages' blocks have already; of several parts that name a block,
// the longest counts. Error(usage): a part that names no block.
void scale_parts(Plan& plan, const ModelFacts& model);

}  // namespace strop
