#include "data/describe.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/text.h"
#include "data/duplicates.h"
#include "data/stratify.h"
#include "data/text_units.h"

namespace strop {
namespace {

void measure_lengths(const TextSplit& split, SplitFacts& facts) {
  std::vector<std::int64_t> words(split.size());
  for (std::size_t row = 0; row < split.size(); ++row) {
    words[row] = count_words(split.texts[row]) + (split.pairs.empty() ? 0 : count_words(split.pairs[row]));
    facts.bytes += static_cast<std::int64_t>(split.texts[row].size());
    if (!split.pairs.empty()) facts.bytes += static_cast<std::int64_t>(split.pairs[row].size());
    facts.empty_texts += trim(split.texts[row]).empty();
    const auto bin = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(words[row])));
    if (facts.words_histogram.size() <= bin) facts.words_histogram.resize(bin + 1);
    ++facts.words_histogram[bin];
  }
  std::sort(words.begin(), words.end());
  const auto total = std::accumulate(words.begin(), words.end(), std::int64_t{0});
  facts.mean_words = static_cast<double>(total) / static_cast<double>(words.size());
  facts.median_words = words[(words.size() - 1) / 2];
  facts.p95_words = words[(words.size() - 1) * 95 / 100];
  facts.max_words = words.back();
}

nlohmann::json to_json(const SplitFacts& facts) {
  return {{"name", facts.name},
          {"file", facts.file},
          {"rows", facts.rows},
          {"rows_by_class", facts.rows_by_class},
          {"unlabelled", facts.unlabelled},
          {"empty_texts", facts.empty_texts},
          {"repeated", facts.repeated},
          {"conflicting", facts.conflicting},
          {"leaked", facts.leaked},
          {"bytes", facts.bytes},
          {"mean_words", facts.mean_words},
          {"median_words", facts.median_words},
          {"p95_words", facts.p95_words},
          {"max_words", facts.max_words},
          {"words_histogram", facts.words_histogram}};
}

}  // namespace

DataFacts describe(const TextData& data) {
  DataFacts facts;
  facts.label_names = data.label_names;
  facts.pairs = !data.train.pairs.empty();
  facts.notes = data.notes;
  const std::vector<const TextSplit*> splits = {&data.train, &data.validation, &data.test};
  const std::vector<std::string> names = {"train", "validation", "test"};
  const auto groups = group_duplicates(splits);
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const TextSplit& split = *splits[s];
    if (split.empty()) continue;
    SplitFacts& of = facts.splits.emplace_back();
    of.name = names[s];
    of.file = split.file;
    of.rows = static_cast<std::int64_t>(split.size());
    of.rows_by_class = count_classes(split.labels, data.label_names.size());
    of.unlabelled = std::count(split.labels.begin(), split.labels.end(), -1);
    const DuplicateCounts duplicates = count_duplicates(split, groups[s]);
    of.repeated = duplicates.repeated;
    of.conflicting = duplicates.conflicting;
    if (s > 0) of.leaked = count_leaks(data.train, groups[0], split, groups[s]).leaked;
    measure_lengths(split, of);
  }
  if (!data.train.empty()) {
    const auto& counts = facts.splits.front().rows_by_class;
    const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
    facts.imbalance = static_cast<double>(*most) / static_cast<double>(std::max<std::int64_t>(*fewest, 1));
    facts.majority = static_cast<double>(*most) / static_cast<double>(data.train.size());
  }
  return facts;
}

nlohmann::json to_json(const DataFacts& facts) {
  nlohmann::json splits = nlohmann::json::array();
  for (const auto& split : facts.splits) splits.push_back(to_json(split));
  return {{"label_names", facts.label_names}, {"splits", splits},           {"pairs", facts.pairs},
          {"imbalance", facts.imbalance},     {"majority", facts.majority}, {"notes", facts.notes}};
}

}  // namespace strop
