// Rows for tests/data/bert_tiny.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/rng.h"
#include "train/batch_source.h"

namespace strop {

// 150 samples of 1 to 12 tokens: three chunks of 64. View v adds v to every id.
class RandomTokens : public BatchSource {
 public:
  RandomTokens() {
    Rng rng(3, RngUse::probe);
    for (int i = 0; i < 150; ++i) {
      lengths_.push_back(static_cast<std::int64_t>(1 + rng.below(12)));
      labels_.push_back(static_cast<std::int32_t>(rng.below(3)));
    }
  }
  std::size_t size() const override { return lengths_.size(); }
  std::size_t first_block() const override { return 0; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::int64_t views() const override { return 2; }
  State make(std::span<const std::int64_t> samples, std::int64_t view) override {
    std::vector<std::int64_t> ids, positions, bounds = {0};
    for (const auto sample : samples) {
      const auto length = lengths_[static_cast<std::size_t>(sample)];
      for (std::int64_t i = 0; i < length; ++i) {
        ids.push_back(1 + (sample * 31 + i * 7 + view) % 190);
        positions.push_back(i);
      }
      bounds.push_back(bounds.back() + length);
    }
    ids.resize(static_cast<std::size_t>(rounded_rows(bounds.back())));
    positions.resize(ids.size());
    State state;
    state.set("input_ids", torch::tensor(ids, torch::kLong));
    state.set("position_ids", torch::tensor(positions, torch::kLong));
    state.set("token_type_ids", torch::zeros({static_cast<std::int64_t>(ids.size())}, torch::kLong));
    state.set("cu_seqlens", torch::tensor(bounds, torch::kLong));
    return state;
  }

 private:
  std::vector<std::int64_t> lengths_;
  std::vector<std::int32_t> labels_;
};

}  // namespace strop
