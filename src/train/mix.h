// Samples mixed in pairs: mixup (Zhang et al. 2017, 1710.09412) and CutMix (Yun et al. 2019, 1905.04899).
//
// mixup: x <- share x + (1 - share) x_partner, of pictures or of features. CutMix: a rectangle of the partner is put
// into the picture; `share` is what is left of its own area. On features it mixes as mixup does. With both, chance
// decides for each step. Labels are mixed in the same shares by the loss.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <vector>

#include "nn/state.h"

namespace strop {

struct Mix {
  double share = 1;       // of the sample itself
  torch::Tensor partner;  // row numbers; undefined: no mixing
  // left, top, width, height of the rectangle; width 0: mixup.
  std::array<std::int64_t, 4> rectangle = {};
};

// Whether the state holds pictures: a tensor of samples x channels x height x width.
bool holds_pictures(const State& state);

// The mixing of a batch whose inputs are `state`, drawn from `key`. An alpha of 0: not this kind.
Mix draw_mix(const State& state, std::int64_t samples, double mixup_alpha, double cutmix_alpha, std::uint64_t key);

// Mixes the tensors of `ports` that have a row a sample.
void mix_samples(State& state, const std::vector<Port>& ports, const Mix& mix);

}  // namespace strop
