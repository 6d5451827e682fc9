#include "data/subset.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/stratify.h"

namespace strop {

std::int64_t subset_size(std::size_t n, double fraction) {
  return std::max<std::int64_t>(1, std::llround(fraction * static_cast<double>(n)));
}

Indices fixed_subset(const std::vector<std::int32_t>& labels, double fraction, std::uint64_t seed) {
  const auto classes = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()) + 1);
  const auto quota = stratified_quota(count_classes(labels, classes), subset_size(labels.size(), fraction));
  return stratified_subset(labels, quota, Rng(seed, RngUse::subset));
}

Indices fresh_subset(std::size_t n, std::int64_t size, std::int64_t epoch, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(n);
  const auto permutation = [&](std::int64_t pass) {
    Indices order(n);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    Rng(seed, RngUse::subset, {static_cast<std::uint64_t>(pass)}).shuffle(order);
    return order;
  };
  const std::int64_t first = epoch * size / count;  // the pass in which the epoch begins
  Indices order = permutation(0);
  for (std::int64_t pass = 1;; ++pass) {
    // The epoch that straddles the end of this pass takes `tail` samples from it and `head` from the next.
    const std::int64_t tail = count * pass % size;
    const std::int64_t head = (size - tail) % size;
    const std::int64_t begin = epoch * size - (pass - 1) * count;
    if (pass - 1 == first && begin + size <= count) return {order.begin() + begin, order.begin() + begin + size};
    Indices next = permutation(pass);
    if (tail > 0) {  // what the epoch already took comes last in the next pass
      std::vector<char> taken(n, 0);
      for (auto at = order.end() - tail; at != order.end(); ++at) taken[static_cast<std::size_t>(*at)] = 1;
      std::stable_partition(next.begin(), next.end(),
                            [&](std::int64_t i) { return taken[static_cast<std::size_t>(i)] == 0; });
    }
    if (pass - 1 == first) {
      Indices chosen(order.begin() + begin, order.end());
      chosen.insert(chosen.end(), next.begin(), next.begin() + head);
      return chosen;
    }
    order = std::move(next);
  }
}

}  // namespace strop
