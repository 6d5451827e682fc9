#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace strop {

double schedule_factor(const std::string& kind, double progress, double warmup_ratio) {
  progress = std::clamp(progress, 0.0, 1.0);
  if (kind == "constant") return 1;
  if (warmup_ratio > 0 && progress < warmup_ratio) return progress / warmup_ratio;
  if (kind == "constant_with_warmup") return 1;
  const double after = warmup_ratio < 1 ? (progress - warmup_ratio) / (1 - warmup_ratio) : 1;
  if (kind == "cosine") return 0.5 * (1 + std::cos(std::numbers::pi * after));
  return 1 - after;
}

}  // namespace strop
