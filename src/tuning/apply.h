// A stage of the plan made real on a model: what trains, how fast, how often.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/model.h"
#include "strop/plan.h"

namespace strop {

// One trained tensor of a stage.
struct TrainedTensor {
  std::string name;  // on-disk name; adapters: "<module>.lora_A.weight"
  std::string block;
  torch::Tensor tensor;     // leaf, requires grad
  double rate_factor = 1;  // on the stage's learning rate
  bool decays = true;      // weight decay: matrices only, not biases and norms (as in HF)
};

// Freezes the model, then opens the stage's blocks: the head's in full, the others by the stage's method; with
// freeze_bn=false open batch norms learn their statistics. Adapters of an earlier stage stay and keep training if their
// block is open. Error(usage) where nothing would train.
std::vector<TrainedTensor> apply_stage(Model& model, const Stage& stage, const Options& options);

// Throws what apply_stage would, before anything of a run is written, and leaves the model as it was.
void check_stage(Model& model, const Stage& stage, const Options& options);

// freeze_bn=false: Error(usage) where no gradient stage opens a batch norm.
void check_statistics(Model& model, const std::vector<Stage>& stages, const Options& options);

// Every trained-now tensor of the model, in the row's order (also after reading an adapter).
std::vector<TrainedTensor> trained_tensors(const Model& model, const Stage& stage);

// Nothing trains any more.
void freeze(Model& model);

// The on-disk names of the stored tensors (not adapters') that are open now, statistics that learn among them.
std::set<std::string> open_tensors(const Model& model);

// SHA-256 of each block's stored tensors without those of `changed` (and adapters aside): the proof that what was
// frozen stayed as it was. Blocks without such a tensor are left out.
std::map<std::string, std::string> frozen_hashes(const Model& model, const std::set<std::string>& changed);

// Folds every adapter into its layer and empties the slots. Exact in fp32 up to rounding of one product.
void merge_adapters(Model& model);

}  // namespace strop
