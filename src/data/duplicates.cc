#include "data/duplicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "core/rng.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr std::size_t kExamples = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

struct Row {
  std::uint64_t hash = 0;
  std::size_t split = 0, row = 0;
};

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
  std::vector<std::vector<std::int64_t>> groups;
  for (std::size_t s = 0; s < splits.size(); ++s) {
    groups.emplace_back(splits[s]->size());
    for (std::size_t r = 0; r < splits[s]->size(); ++r) rows.push_back({hash_row(*splits[s], r), s, r});
  }
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rows[a].hash != rows[b].hash ? rows[a].hash < rows[b].hash : a < b;
  });
  const auto equal = [&](std::size_t a, std::size_t b) {
    const Row &x = rows[a], &y = rows[b];
    return same(trim(splits[x.split]->texts[x.row]), trim(splits[y.split]->texts[y.row])) &&
           same(pair_of(*splits[x.split], x.row), pair_of(*splits[y.split], y.row));
  };
  std::vector<std::size_t> leader(rows.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && rows[order[end]].hash == rows[order[begin]].hash) ++end;
    for (std::size_t i = begin; i < end; ++i) {  // almost always one group: hashes of different texts rarely meet
      std::size_t j = begin;
      while (j < i && (leader[order[j]] != order[j] || !equal(order[j], order[i]))) ++j;
      leader[order[i]] = order[j];
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
  std::unordered_map<std::int64_t, std::size_t> first;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto [entry, is_new] = first.try_emplace(groups[row], row);
    if (is_new) continue;
    ++counts.repeated;
    if (split.labels[row] != split.labels[entry->second]) ++counts.conflicting;
    if (counts.examples.size() < kExamples) {
      counts.examples.push_back(fmt::format("line {} = line {}", split.lines[row], split.lines[entry->second]));
    }
  }
  return counts;
}

LeakCounts count_leaks(const TextSplit& train, const std::vector<std::int64_t>& train_groups, const TextSplit& split,
                       const std::vector<std::int64_t>& groups) {
  LeakCounts counts;
  std::unordered_map<std::int64_t, std::size_t> first;
  for (std::size_t row = 0; row < train_groups.size(); ++row) first.try_emplace(train_groups[row], row);
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto entry = first.find(groups[row]);
    if (entry == first.end()) continue;
    ++counts.leaked;
    if (counts.examples.size() < kExamples) {
      counts.examples.push_back(
          fmt::format("{}:{} = {}:{}", split.file, split.lines[row], train.file, train.lines[entry->second]));
    }
  }
  return counts;
}

}  // namespace strop
