// The rows of a batch, shared among libtorch's threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace strop {

// Where the threads can't share the samples evenly, each takes its part of every sample, of `height` rows: so many
// parts.
inline std::int64_t parts_of(std::int64_t samples, std::int64_t height) {
  const std::int64_t threads = at::get_num_threads();
  return samples % threads == 0 ? 1 : std::min(threads, height);
}

// work(row, scratch) for each row in [0, rows); scratch: `floats` floats that no other thread writes.
template <class Work>
void share_rows(std::int64_t rows, std::int64_t floats, const Work& work) {
  at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(floats));
    for (auto row = begin; row < end; ++row) work(row, scratch.data());
  });
}

// For sums over rows: work(part, first, last) for kSumParts parts of [0, rows). As many whatever the threads are, so
// that the order of the sums and their bits are the same everywhere.
inline constexpr std::int64_t kSumParts = 16;
template <class Work>
void share_sums(std::int64_t rows, const Work& work) {
  at::parallel_for(0, kSumParts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto part = begin; part < end; ++part) work(part, rows * part / kSumParts, rows * (part + 1) / kSumParts);
  });
}

// work(first, last) for `parts` parts of [0, count), each taken by the thread that is free for it: one whose processor
// is wanted elsewhere too holds nobody up.
template <class Work>
void share_in_turn(std::int64_t count, std::int64_t parts, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(0, std::min<std::int64_t>(at::get_num_threads(), parts), 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t part = 0; (part = next++) < parts;) work(count * part / parts, count * (part + 1) / parts);
  });
}

}  // namespace strop
