// learning_rate=auto: the rate chosen by short trials on the training data itself, at most 100 steps in all.
//
// Five rates around the table's (a factor of 2 apart) train 20 steps each from the same start, on the same batches; the
// score is the mean loss of the last half of the batches, each taken before its update (one-epoch regime: these are
// losses on unseen rows). The model is put back afterwards. The lowest score wins, the smaller rate on a tie.
#pragma once

#include "models/model.h"
#include "strop/plan.h"
#include "train/trainer.h"

namespace strop {

// The factor on the plan's learning rates, for its first gradient stage. Cost: the time of 100 steps.
double sweep_rate_factor(Model& model, const Plan& plan, const TrainData& data);

}  // namespace strop
