// surgical=n: which n blocks side by side to tune, by relative gradient norm (Lee et al. 2022, arXiv 2210.11466,
// Auto-RGN).
//
// Of each block the norm of its weights' gradient over the norm of the weights, mean over a few batches in fp32 without
// dropout, the head as it starts (head_init; with lp_ft it is solved later); the stretch with the largest mean wins.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/model.h"
#include "strop/options.h"
#include "train/trainer.h"

namespace strop {

struct SurgicalChoice {
  std::string first;                                      // the lowest block of the stretch
  std::vector<std::pair<std::string, double>> gradients;  // of each block that could be chosen, the lowest first
};

// The model is put back afterwards. Cost: four steps of full tuning with 16 samples. Error(usage) where the model has
// fewer blocks than options.surgical.
SurgicalChoice choose_surgical(Model& model, const Options& options, const TrainData& data);

}  // namespace strop
