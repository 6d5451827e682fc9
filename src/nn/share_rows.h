// The rows of a batch, shared among libtorch's threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
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

}  // namespace strop
