// Cuts an order of samples into batches, by count; groups samples of like length. What goes through the network at a
// time is a part of a batch, cut by a budget of tokens (Plan::micro_batch_tokens).
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace strop {

using Indices = std::vector<std::int64_t>;

// Cuts `order` in turn into batches of `batch_size` (at least 1); the last takes what is left.
std::vector<Indices> make_batches(const Indices& order, std::int64_t batch_size);

// Batches of samples of like length, so that the parts of one, which have the same count, have as many tokens too:
// `order` (shuffled) is cut into stretches of 50 batches (fewer where there are less than 200, so that chance remains),
// each sorted by length and cut by make_batches; then the batches are shuffled, and the costliest one comes second: the
// first step is done soon, and memory peaks early.
std::vector<Indices> make_length_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                         std::int64_t batch_size, Rng rng);

}  // namespace strop
