// How many rows go through a network together: enough for its products, and no more, since each costs memory.
#pragma once

#include <cstdint>

#include "strop/options.h"

namespace strop {

// Where these figures, those of cores and their caches, do not hold.
inline bool on_gpu(const Options& options) { return options.device.starts_with("cuda"); }

// At most, where nothing is trained.
inline constexpr std::int64_t kTextsAtOnce = 64, kPicturesAtOnce = 16;

// Tokens that go through at once, at most of texts and at least of pictures, which can't be cut as finely. Products of
// so many rows run at the cores' full rate already.
inline constexpr std::int64_t kMostTokens = 1024, kLeastTokens = 768;

// `pictures` that go through the blocks as `tokens` each: half of them, and half again, as long as the rest fills the
// cores. Those of convolutions, of 0 tokens, stay together: their last blocks have few pixels.
inline std::int64_t pictures_at_once(std::int64_t tokens, std::int64_t pictures = kPicturesAtOnce) {
  while (pictures / 2 * tokens >= kLeastTokens) pictures /= 2;
  return pictures;
}

}  // namespace strop
