#include "eval/agreement.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace strop {
namespace {

constexpr double kSameBox = 0.5;

// Boxes cut to nothing at the picture's edge have no overlap, even with themselves.
double likeness(const Rect& a, const Rect& b) { return a == b ? 1 : intersection_over_union(a, b); }

std::vector<FoundBox> of_labels(const std::vector<FoundBox>& boxes, std::span<const std::int32_t> labels) {
  std::vector<FoundBox> own;
  std::ranges::copy_if(boxes, std::back_inserter(own),
                       [&](const FoundBox& box) { return std::ranges::find(labels, box.label) != labels.end(); });
  std::ranges::stable_sort(own, [](const FoundBox& a, const FoundBox& b) { return a.score > b.score; });
  return own;
}

}  // namespace

Agreement detection_agreement(const std::vector<std::vector<FoundBox>>& before,
                              const std::vector<std::vector<FoundBox>>& after, std::span<const std::int32_t> labels) {
  Agreement all;
  for (std::size_t picture = 0; picture < before.size() && picture < after.size(); ++picture) {
    const auto then = of_labels(before[picture], labels), now = of_labels(after[picture], labels);
    std::vector<bool> taken(then.size(), false);
    all.before += static_cast<std::int64_t>(then.size());
    all.after += static_cast<std::int64_t>(now.size());
    for (const auto& box : now) {
      double most = 0;
      std::size_t best = 0;
      for (std::size_t i = 0; i < then.size(); ++i) {
        if (taken[i] || then[i].label != box.label) continue;
        const double like = likeness(then[i].rect, box.rect);
        if (like > most) most = like, best = i;
      }
      if (most < kSameBox) continue;
      taken[best] = true;
      ++all.matched;
      all.score_change += std::abs(box.score - then[best].score);
    }
  }
  if (all.matched > 0) all.score_change /= static_cast<double>(all.matched);
  return all;
}

}  // namespace strop
