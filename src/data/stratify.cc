#include "data/stratify.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace strop {

std::vector<std::int64_t> count_classes(const std::vector<std::int32_t>& labels, std::size_t classes) {
  std::vector<std::int64_t> counts(classes);
  for (const auto label : labels) {
    if (label >= 0) ++counts[static_cast<std::size_t>(label)];
  }
  return counts;
}

std::vector<std::int64_t> stratified_quota(const std::vector<std::int64_t>& counts, std::int64_t total) {
  const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  total = std::clamp<std::int64_t>(total, 0, all);
  std::vector<std::int64_t> quota(counts.size());
  std::vector<double> short_of(counts.size());  // how far each class is below its exact share
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double exact =
        all == 0 ? 0 : static_cast<double>(counts[c]) * static_cast<double>(total) / static_cast<double>(all);
    quota[c] = static_cast<std::int64_t>(exact);
    if (quota[c] == 0 && counts[c] > 0) quota[c] = 1;
    short_of[c] = exact - static_cast<double>(quota[c]);
  }
  std::int64_t given = std::accumulate(quota.begin(), quota.end(), std::int64_t{0});
  while (given != total) {
    const int step = given < total ? 1 : -1;
    std::size_t best = counts.size();
    for (std::size_t c = 0; c < counts.size(); ++c) {
      const bool possible = step > 0 ? quota[c] < counts[c] : quota[c] > 0;
      // The last row of a class goes only when all classes are down to one.
      const bool last = step < 0 && quota[c] == 1 && *std::max_element(quota.begin(), quota.end()) > 1;
      if (!possible || last) continue;
      if (best == counts.size() || short_of[c] * step > short_of[best] * step) best = c;
    }
    quota[best] += step;
    short_of[best] -= step;
    given += step;
  }
  return quota;
}

std::vector<std::int64_t> first_of_each_class(const std::vector<std::int32_t>& labels, std::size_t classes,
                                              std::size_t most) {
  const bool all = labels.size() <= most;
  const std::size_t share = std::max<std::size_t>(1, most / std::max<std::size_t>(1, classes));
  std::vector<std::size_t> taken(classes);
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (all || (labels[i] >= 0 && taken[static_cast<std::size_t>(labels[i])]++ < share))
      rows.push_back(static_cast<std::int64_t>(i));
  }
  return rows;
}

std::vector<std::int64_t> stratified_subset(const std::vector<std::int32_t>& labels,
                                            const std::vector<std::int64_t>& quota, Rng rng) {
  std::vector<std::vector<std::int64_t>> rows(quota.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0) rows[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
  }
  std::vector<std::int64_t> chosen;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    rng.shuffle(rows[c]);
    chosen.insert(chosen.end(), rows[c].begin(), rows[c].begin() + quota[c]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<std::int64_t> stratified_group_subset(const std::vector<std::int32_t>& labels,
                                                  const std::vector<std::int64_t>& groups,
                                                  const std::vector<std::int64_t>& quota, Rng rng) {
  struct Group {
    std::int32_t label = -1;
    bool mixed = false;
    std::vector<std::int64_t> rows;
  };
  std::vector<Group> all;
  std::unordered_map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto [entry, is_new] = place.try_emplace(groups[i], all.size());
    if (is_new) all.push_back({labels[i], false, {}});
    Group& group = all[entry->second];
    group.mixed |= group.label != labels[i];
    group.rows.push_back(static_cast<std::int64_t>(i));
  }
  rng.shuffle(all);
  std::vector<std::int64_t> left = quota;
  std::vector<std::int64_t> chosen;
  for (const Group& group : all) {
    if (group.mixed || group.label < 0) continue;
    auto& room = left[static_cast<std::size_t>(group.label)];
    if (static_cast<std::int64_t>(group.rows.size()) > room) continue;
    room -= static_cast<std::int64_t>(group.rows.size());
    chosen.insert(chosen.end(), group.rows.begin(), group.rows.end());
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace strop
