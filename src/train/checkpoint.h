// Everything that the next step depends on, in one folder that is complete or absent.
//
//   checkpoint-N/state.safetensors    changed weights, adapters, optimizer, EMA, best weights
//   checkpoint-N/trainer_state.json   counters, best metric, InfoBatch scores (global_step, epoch, best_metric as in
//   HF)
//
// N is the number of optimizer steps done in the whole run.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "data/infobatch.h"

namespace strop {

struct TrainProgress {
  std::int64_t stage = 0;       // number of the stage in the plan
  std::int64_t stage_step = 0;  // optimizer steps done in it
  std::int64_t global_step = 0;
  std::int64_t epoch = 0;        // passes begun in this stage, from 0
  std::int64_t first_epoch = 0;  // epochs of the stages before, each begun one counted
  double epochs = 0;             // the same as they were trained, parts of one too
  std::int64_t batch = 0;        // batches of the epoch done
  std::int64_t micro_batch = 0;  // samples at a time
  std::int64_t samples = 0;      // trained on so far
  std::int64_t rows = 0;         // of the training split, of which the sampler makes the batches
  double elapsed = 0;            // seconds of training so far, interruptions aside
  double stage_elapsed = 0;
  double loss_sum = 0;        // of all steps, for the mean
  double loss_since_log = 0;  // of the steps since the last line of the log
  std::int64_t steps_since_log = 0;
  double best_metric = 0;
  std::int64_t best_step = -1;  // -1: no evaluation yet
  std::int64_t evaluations_without_gain = 0;
};

struct Checkpoint {
  TrainProgress progress;
  InfoBatchState infobatch;
  // "model/<name>", "best/<name>", "ema/<name>", "optimizer/<tensor>/<slot>".
  std::map<std::string, torch::Tensor> tensors;
};

// Writes <folder>/checkpoint-N through a hidden sibling and removes the oldest beyond `keep` (0: keeps all). Returns
// its path. Error(usage) on a full disk, the sibling removed, older checkpoints untouched.
std::filesystem::path save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint,
                                      std::int64_t keep);
// Error(usage): broken or of another version.
Checkpoint load_checkpoint(const std::filesystem::path& checkpoint_folder);
// The newest whole checkpoint of a run folder.
std::optional<std::filesystem::path> newest_checkpoint(const std::filesystem::path& folder);

}  // namespace strop
