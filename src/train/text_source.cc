#include "train/text_source.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <atomic>

namespace strop {

bool TextSource::encode(std::int64_t sample, std::int64_t view, std::vector<std::int32_t>& ids,
                        std::vector<std::int32_t>& types) const {
  const auto row = static_cast<std::size_t>(sample);
  std::string changed;
  const std::string* text = &split_.texts[row];
  if (!augment_.operations.empty()) {
    changed = augment_text(augment_.operations, *text, augment_.rate, augment_.seed, static_cast<std::uint64_t>(sample),
                           static_cast<std::uint64_t>(view));
    text = &changed;
  }
  if (split_.pairs.empty()) return tokenizer_.encode_ids(*text, max_length_, ids);
  auto encoding = tokenizer_.encode_pair(*text, split_.pairs[row], max_length_);
  ids = std::move(encoding.ids);
  types = std::move(encoding.type_ids);
  return encoding.truncated;
}

TextSource::TextSource(const TextSplit& split, const Tokenizer& tokenizer, std::int64_t max_length, TextAugment augment)
    : split_(split), tokenizer_(tokenizer), max_length_(max_length) {
  const auto rows = split.size();
  std::vector<std::vector<std::int32_t>> ids(rows), types(rows);
  std::atomic<std::int64_t> truncated = 0;
  // The unaugmented rows: their lengths plan batches and costs.
  at::parallel_for(0, static_cast<std::int64_t>(rows), 256, [&](std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (encode(i, 0, ids[row], types[row])) ++truncated;
    }
  });
  truncated_ = truncated;
  begins_.push_back(0);
  for (std::size_t row = 0; row < rows; ++row) {
    ids_.insert(ids_.end(), ids[row].begin(), ids[row].end());
    types_.insert(types_.end(), types[row].begin(), types[row].end());
    lengths_.push_back(static_cast<std::int64_t>(ids[row].size()));
    begins_.push_back(static_cast<std::int64_t>(ids_.size()));
  }
  augment_ = std::move(augment);
}

State TextSource::make(std::span<const std::int64_t> samples, std::int64_t view) {
  std::vector<std::vector<std::int32_t>> fresh_ids(samples.size()), fresh_types(samples.size());
  std::vector<std::span<const std::int32_t>> ids(samples.size()), types(samples.size());
  const auto count = static_cast<std::int64_t>(samples.size());
  torch::Tensor bounds = torch::zeros({count + 1}, torch::kLong);
  auto* const bound = bounds.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto row = static_cast<std::size_t>(samples[i]);
    if (augment_.operations.empty()) {
      const auto begin = static_cast<std::size_t>(begins_[row]), length = static_cast<std::size_t>(lengths_[row]);
      ids[i] = std::span(ids_).subspan(begin, length);
      if (!types_.empty()) types[i] = std::span(types_).subspan(begin, length);
    } else {
      encode(samples[i], view, fresh_ids[i], fresh_types[i]);
      ids[i] = fresh_ids[i];
      types[i] = fresh_types[i];
    }
    bound[i + 1] = bound[i] + static_cast<std::int64_t>(ids[i].size());
  }
  const auto total = rounded_rows(bound[count]);
  torch::Tensor input_ids = torch::zeros({total}, torch::kLong), positions = torch::zeros({total}, torch::kLong);
  torch::Tensor type_ids = torch::zeros({total}, torch::kLong);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto begin = bound[i];
    std::copy(ids[i].begin(), ids[i].end(), input_ids.data_ptr<std::int64_t>() + begin);
    std::copy(types[i].begin(), types[i].end(), type_ids.data_ptr<std::int64_t>() + begin);
    for (std::size_t j = 0; j < ids[i].size(); ++j) {
      positions.data_ptr<std::int64_t>()[begin + static_cast<std::int64_t>(j)] = static_cast<std::int64_t>(j);
    }
  }
  State state;
  state.set("input_ids", input_ids);
  state.set("position_ids", positions);
  state.set("token_type_ids", type_ids);
  state.set(kBounds, bounds);
  return state;
}

}  // namespace strop
