#include "data/batches.h"

#include <algorithm>

namespace strop {

std::vector<Indices> make_batches(const Indices& order, std::int64_t batch_size) {
  std::vector<Indices> batches;
  for (const auto sample : order) {
    if (batches.empty() || static_cast<std::int64_t>(batches.back().size()) == batch_size) batches.emplace_back();
    batches.back().push_back(sample);
  }
  return batches;
}

std::vector<Indices> make_length_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                         std::int64_t batch_size, Rng rng) {
  constexpr std::int64_t kStretch = 50, kFewestStretches = 4;
  const auto length = [&](std::int64_t sample) { return lengths.at(static_cast<std::size_t>(sample)); };
  const auto n = static_cast<std::int64_t>(order.size());
  const std::int64_t stretch = batch_size * std::clamp<std::int64_t>(n / (batch_size * kFewestStretches), 1, kStretch);
  std::vector<Indices> batches;
  for (std::int64_t begin = 0; begin < n; begin += stretch) {
    Indices part(order.begin() + begin, order.begin() + std::min(begin + stretch, n));
    std::stable_sort(part.begin(), part.end(), [&](auto a, auto b) { return length(a) > length(b); });
    for (auto& batch : make_batches(part, batch_size)) batches.push_back(std::move(batch));
  }
  rng.shuffle(batches);
  const auto cost = [&](const Indices& batch) {  // sorted: the first is the longest
    return length(batch.front()) * static_cast<std::int64_t>(batch.size());
  };
  const auto costliest =
      std::max_element(batches.begin(), batches.end(), [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
  if (batches.size() > 1 && cost(*costliest) > cost(batches[1])) std::iter_swap(batches.begin() + 1, costliest);
  return batches;
}

}  // namespace strop
