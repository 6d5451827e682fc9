#include "data/boxes/copy_sources.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace strop {

CopySources::CopySources(const BoxSplit& split) {
  struct Found {
    std::int64_t boxes = 0;
    std::vector<std::int64_t> rows;
  };
  std::map<std::int32_t, Found> found;
  for (std::size_t row = 0; row < split.size(); ++row) {
    for (const auto& box : split.samples[row].boxes) {
      if (box.crowd) continue;
      auto& own = found[box.label];
      ++own.boxes;
      if (own.rows.empty() || own.rows.back() != static_cast<std::int64_t>(row))
        own.rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  double sum = 0;
  for (auto& [label, own] : found) {
    sum += std::sqrt(static_cast<double>(own.boxes));
    classes_.push_back({label, sum, std::move(own.rows)});
  }
}

CopySources::Choice CopySources::draw(Rng& rng) const {
  if (classes_.empty()) return {};
  const double at = rng.uniform() * classes_.back().upto;
  const auto beyond = std::ranges::find_if(classes_, [at](const OfClass& one) { return at < one.upto; });
  const auto& chosen = beyond == classes_.end() ? classes_.back() : *beyond;
  return {chosen.rows[rng.below(chosen.rows.size())], chosen.label};
}

}  // namespace strop
