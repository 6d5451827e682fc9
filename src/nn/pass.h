// How one forward pass runs: handed to every block.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>

#include "core/rng.h"

namespace strop {

// Of activations, by what plans call it: "fp32" or "bf16".
inline torch::ScalarType number_type(std::string_view precision) {
  return precision == "bf16" ? torch::kBFloat16 : torch::kFloat;
}

struct Pass {
  bool training = false;                        // dropout acts
  torch::ScalarType precision = torch::kFloat;  // of activations: kFloat or kBFloat16
  double dropout = -1;                          // overrides the blocks' own rates where >= 0
  double patch_dropout = 0;                     // share of the patches that vision transformers leave out in training
  bool estimates_norms = false;                 // fresh batch norms take their statistics from what goes through
  std::uint64_t dropout_key = 0;                // from (seed, step, micro-batch): the masks follow from it alone

  // The rate in force for a layer whose own rate is `own`; 0 outside training.
  double rate(double own) const { return training ? (dropout >= 0 ? dropout : own) : 0.0; }
  // A key for the mask of dropout number `which` in block number `block`.
  std::uint64_t mask_key(std::uint64_t block, std::uint64_t which) const {
    return mix64(dropout_key ^ mix64(block * 64 + which));
  }
};

}  // namespace strop
