// Random numbers from a key, not from a stream.
//
// Each use makes an Rng from (seed, what, epoch, sample, ...), so the numbers that a sample sees do not depend on the
// order of work, the number of threads or an interruption. SplitMix64 (Steele, Lea, Flood 2014); not for secrets.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace strop {

// What a key is used for: keeps streams of different uses apart.
enum class RngUse : std::uint64_t {
  order = 1,
  subset,
  split,
  augment,
  dropout,
  init,
  infobatch,
  mixup,
  probe,
  balance,
  block_cycle
};

inline std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

class Rng {
 public:
  Rng(std::uint64_t seed, RngUse use, std::initializer_list<std::uint64_t> key = {})
      : state_(mix64(mix64(seed) ^ static_cast<std::uint64_t>(use))) {
    for (const auto part : key) state_ = mix64(state_ ^ mix64(part));
  }
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    return mix64(state_);
  }
  // Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Uniform in [0, n); n > 0.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  // Standard normal (Box-Muller).
  double normal() {
    const double u = 1.0 - uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * uniform());
  }
  // Fisher-Yates.
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace strop
