// Rows that hold the same text: equal after trimming and lower-casing ASCII, pairs included.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/text_data.h"

namespace strop {

// A group id for each row of each split; equal texts share it, within and across splits. Ids are dense and in order of
// first appearance. O(n log n), some 0.3 s for a million rows.
std::vector<std::vector<std::int64_t>> group_duplicates(const std::vector<const TextSplit*>& splits);

struct DuplicateCounts {
  std::int64_t repeated = 0;          // rows whose text stands earlier in the same split
  std::int64_t conflicting = 0;       // of those, with another label than the first (where both have one)
  std::vector<std::string> examples;  // "line 7 = line 3", at most three
};
// `groups`: the split's ids. Rows are named by line.
DuplicateCounts count_duplicates(const TextSplit& split, const std::vector<std::int64_t>& groups);

struct LeakCounts {
  std::int64_t leaked = 0;            // rows of `split` whose text also stands in `other`
  std::vector<std::string> examples;  // "dev.tsv:12 = train.tsv:900", at most three
};
LeakCounts count_leaks(const TextSplit& other, const std::vector<std::int64_t>& other_groups, const TextSplit& split,
                       const std::vector<std::int64_t>& groups);

}  // namespace strop
