// What a data set is, in figures: for `strop inspect` and for the planner.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/text_data.h"

namespace strop {

struct SplitFacts {
  std::string name;  // train | validation | test
  std::string file;
  std::int64_t rows = 0;
  std::vector<std::int64_t> rows_by_class;  // by label index
  std::int64_t unlabelled = 0;
  std::int64_t empty_texts = 0;
  std::int64_t repeated = 0;     // rows whose text stands earlier in the split
  std::int64_t conflicting = 0;  // of those, with another label
  std::int64_t leaked = 0;       // rows whose text stands in training; 0 for training itself
  std::int64_t bytes = 0;        // of all texts and pairs
  // Lengths in words (characters for Chinese and Japanese); a pair counts with its text.
  double mean_words = 0;
  std::int64_t median_words = 0, p95_words = 0, max_words = 0;
  std::vector<std::int64_t> words_histogram;  // bins [0,1) [1,2) [2,4) [4,8) ...; the last one holds max_words
};

struct DataFacts {
  std::vector<std::string> label_names;
  std::vector<SplitFacts> splits;  // those that have rows; train first
  bool pairs = false;
  double imbalance = 1;            // rows of the largest training class over those of the smallest
  double majority = 0;             // share of the largest training class: what a constant answer scores
  std::vector<std::string> notes;  // TextData's
};

// Cost: one pass, some 100 MB/s of ASCII, 20 MB/s of other text.
DataFacts describe(const TextData& data);
// Keys are the fields' names.
nlohmann::json to_json(const DataFacts& facts);

}  // namespace strop
