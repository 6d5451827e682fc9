// Which blocks are updated on a step: the lever "lower update frequency of the parameters".
//
// update_period p: a block is due on steps p, 2p, 3p ... (counted from 1). block_cycle k: of the encoder's trained
// blocks only k are active at a time, from the top down, changing every block_cycle_steps (BAdam, 2404.02827; LISA,
// 2403.17919); the head is always active. Below the lowest due block no gradient is computed at all.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "models/model.h"
#include "strop/plan.h"

namespace strop {

class DueBlocks {
 public:
  DueBlocks(const Model& model, const Stage& stage, const Options& options);

  // Blocks due on optimizer step `step` (from 1) of the stage.
  std::set<std::string> at(std::int64_t step) const;
  // Blocks whose turn in the cycle ended just before this step: their optimizer state can go.
  std::set<std::string> leaving(std::int64_t step) const;

 private:
  std::set<std::string> active(std::int64_t step) const;

  std::vector<std::string> head_, cycled_;  // cycled_: encoder blocks of the stage, top first
  std::map<std::string, std::int64_t> period_;
  std::int64_t at_a_time_, turn_steps_;
};

}  // namespace strop
