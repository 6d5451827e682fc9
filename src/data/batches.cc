#include "data/batches.h"

#include <algorithm>

namespace strop {

std::vector<Indices> make_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                  std::int64_t batch_size, std::int64_t max_tokens) {
  std::vector<Indices> batches;
  std::int64_t longest = 0;
  for (const auto sample : order) {
    const std::int64_t length = max_tokens > 0 ? lengths.at(static_cast<std::size_t>(sample)) : 0;
    const auto count = batches.empty() ? 0 : static_cast<std::int64_t>(batches.back().size());
    const bool full = batch_size > 0 && count == batch_size;
    const bool heavy = max_tokens > 0 && std::max(longest, length) * (count + 1) > max_tokens;
    if (batches.empty() || full || heavy) {
      batches.emplace_back();
      longest = 0;
    }
    batches.back().push_back(sample);
    longest = std::max(longest, length);
  }
  return batches;
}

std::vector<Indices> make_length_batches(const Indices& order, const std::vector<std::int64_t>& lengths,
                                         std::int64_t batch_size, std::int64_t max_tokens, Rng rng) {
  constexpr std::int64_t kStretch = 50, kFewestStretches = 4;
  const auto length = [&](std::int64_t sample) { return lengths.at(static_cast<std::size_t>(sample)); };
  const auto n = static_cast<std::int64_t>(order.size());
  const std::int64_t size = std::max<std::int64_t>(batch_size, 1);
  const std::int64_t stretch = size * std::clamp<std::int64_t>(n / (size * kFewestStretches), 1, kStretch);
  std::vector<Indices> batches;
  for (std::int64_t begin = 0; begin < n; begin += stretch) {
    Indices part(order.begin() + begin, order.begin() + std::min(begin + stretch, n));
    std::stable_sort(part.begin(), part.end(), [&](auto a, auto b) { return length(a) > length(b); });
    for (auto& batch : make_batches(part, lengths, batch_size, max_tokens)) batches.push_back(std::move(batch));
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
