// References of detectors as JSON, and what holds of every increment.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "image/rect.h"

namespace strop {

inline nlohmann::json json_of(const std::filesystem::path& file) {
  nlohmann::json json;
  std::ifstream(file) >> json;
  return json;
}

inline torch::Tensor tensor_of(const nlohmann::json& rows) {
  if (!rows[0].is_array()) return torch::tensor(rows.get<std::vector<float>>());
  std::vector<torch::Tensor> all;
  for (const auto& row : rows) all.push_back(tensor_of(row));
  return torch::stack(all);
}

// Truths of each picture as kTargets holds them, with a row behind them that is none.
inline torch::Tensor targets_of(const nlohmann::json& truths) {
  std::size_t most = 0;
  for (const auto& own : truths) most = std::max(most, own.size());
  torch::Tensor all =
      torch::full({static_cast<std::int64_t>(truths.size()), static_cast<std::int64_t>(most) + 1, 5}, -1.0F);
  for (std::size_t i = 0; i < truths.size(); ++i) {
    all[static_cast<std::int64_t>(i)]
        .narrow(0, 0, static_cast<std::int64_t>(truths[i].size()))
        .copy_(tensor_of(truths[i]));
  }
  return all;
}

// The boxes of a picture after an increment: the old ones to the bit, then new ones, whose labels begin at `first_new`.
inline void expect_old_then_new(const std::vector<FoundBox>& boxes, const std::vector<FoundBox>& old,
                                std::int32_t first_new) {
  ASSERT_GT(boxes.size(), old.size());
  for (std::size_t i = 0; i < old.size(); ++i) {
    EXPECT_EQ(boxes[i].rect, old[i].rect);
    EXPECT_EQ(boxes[i].score, old[i].score);
    EXPECT_EQ(boxes[i].label, old[i].label);
  }
  for (std::size_t i = old.size(); i < boxes.size(); ++i) EXPECT_GE(boxes[i].label, first_new);
}

}  // namespace strop
