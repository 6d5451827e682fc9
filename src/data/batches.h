// Cuts an order of samples into batches, by count and by padded tokens; groups samples of like length.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace strop {

using Indices = std::vector<std::int64_t>;

// Cuts `order` in turn: a batch ends at `batch_size` samples, or before longest * samples exceeds `max_tokens` (what
// the batch costs after padding). 0: no such limit. A sample above max_tokens is a batch of its own. `lengths` (tokens,
// by sample) may be empty where max_tokens is 0.
std::vector<Indices> make_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                  std::int64_t batch_size, std::int64_t max_tokens);

// Batches of samples of like length, so that little is padding: `order` (shuffled) is cut into stretches of 50 batches
// (fewer where there are less than 200, so that chance remains), each sorted by length and cut by make_batches; then
// the batches are shuffled, and the costliest one comes second: the first step is done soon, and memory peaks early.
std::vector<Indices> make_length_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                         std::int64_t batch_size, std::int64_t max_tokens, Rng rng);

}  // namespace strop
