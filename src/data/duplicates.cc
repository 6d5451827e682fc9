#include "data/duplicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/rng.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr std::size_t kExamples = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

struct Row {
  std::size_t split = 0, row = 0;
};

// By group id the first row that has it; -1 for an id that no row has.
std::vector<std::int64_t> first_rows(const std::vector<std::int64_t>& groups) {
  const std::int64_t ids = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
  std::vector<std::int64_t> first(static_cast<std::size_t>(ids), -1);
  for (std::size_t row = groups.size(); row-- > 0;) {
    first[static_cast<std::size_t>(groups[row])] = static_cast<std::int64_t>(row);
  }
  return first;
}

std::string_view pair_of(const TextSplit& split, std::size_t row) {
  return split.pairs.empty() ? std::string_view() : trim(split.pairs[row]);
}

std::uint64_t hash_row(const TextSplit& split, std::size_t row) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL; };
  for (const char c : trim(split.texts[row])) add(lower(c));
  add('\0');
  for (const char c : pair_of(split, row)) add(lower(c));
  return mix64(hash);
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::vector<std::vector<std::int64_t>> group_duplicates(const std::vector<const TextSplit*>& splits) {
  std::vector<Row> rows;
  std::vector<std::pair<std::uint64_t, std::size_t>> order;  // (hash, index of row)
  std::vector<std::vector<std::int64_t>> groups;
  for (std::size_t s = 0; s < splits.size(); ++s) {
    groups.emplace_back(splits[s]->size());
    for (std::size_t r = 0; r < splits[s]->size(); ++r) {
      order.emplace_back(hash_row(*splits[s], r), rows.size());
      rows.push_back({s, r});
    }
  }
  std::sort(order.begin(), order.end());
  const auto equal = [&](const Row& x, const Row& y) {
    return same(trim(splits[x.split]->texts[x.row]), trim(splits[y.split]->texts[y.row])) &&
           same(pair_of(*splits[x.split], x.row), pair_of(*splits[y.split], y.row));
  };
  std::vector<std::size_t> leader(rows.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && order[end].first == order[begin].first) ++end;
    for (std::size_t i = begin; i < end; ++i) {  // almost always one group: hashes of different texts rarely meet
      const std::size_t row = order[i].second;
      std::size_t j = begin;
      while (j < i && (leader[order[j].second] != order[j].second || !equal(rows[order[j].second], rows[row]))) ++j;
      leader[row] = order[j].second;
    }
  }
  std::vector<std::int64_t> id(rows.size());
  std::int64_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {  // a leader comes before its followers
    id[i] = leader[i] == i ? next++ : id[leader[i]];
    groups[rows[i].split][rows[i].row] = id[i];
  }
  return groups;
}

DuplicateCounts count_duplicates(const TextSplit& split, const std::vector<std::int64_t>& groups) {
  DuplicateCounts counts;
  const auto first = first_rows(groups);
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto earlier = static_cast<std::size_t>(first[static_cast<std::size_t>(groups[row])]);
    if (earlier == row) continue;
    ++counts.repeated;
    const auto label = split.labels[row], first_label = split.labels[earlier];
    if (label != first_label && label >= 0 && first_label >= 0) ++counts.conflicting;
    if (counts.examples.size() < kExamples) {
      counts.examples.push_back(fmt::format("line {} = line {}", split.lines[row], split.lines[earlier]));
    }
  }
  return counts;
}

LeakCounts count_leaks(const TextSplit& other, const std::vector<std::int64_t>& other_groups, const TextSplit& split,
                       const std::vector<std::int64_t>& groups) {
  LeakCounts counts;
  const auto first = first_rows(other_groups);
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto id = static_cast<std::size_t>(groups[row]);
    if (id >= first.size() || first[id] < 0) continue;
    ++counts.leaked;
    if (counts.examples.size() < kExamples) {
      counts.examples.push_back(fmt::format("{}:{} = {}:{}", split.file, split.lines[row], other.file,
                                            other.lines[static_cast<std::size_t>(first[id])]));
    }
  }
  return counts;
}

}  // namespace strop
