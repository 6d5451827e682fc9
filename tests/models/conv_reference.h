// tests/data/conv: tiny convolutional networks in every library's files (tools/make_conv_reference.py).
#pragma once

#include <torch/types.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/family.h"
#include "nn/device.h"
#include "test_device.h"

namespace strop {

inline std::filesystem::path conv_data() { return std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "conv"; }

// sin(0.7 i), the pattern that the references were made with.
inline torch::Tensor wave(std::int64_t count) {
  return (torch::arange(count, torch::kDouble) * 0.7).sin().to(torch::kFloat);
}
inline torch::Tensor picture(std::int64_t count, std::int64_t side) {
  return (wave(count * 3 * side * side) * 1.5F)
      .view({count, 3, side, side})
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

// One tiny network: opened from its single file where it has one, else from its folder.
struct TinyNet {
  explicit TinyNet(const std::string& net_name) : name(net_name), folder(conv_data() / net_name) {
    std::ifstream(folder / "reference.json") >> reference;
    opened = open_model(place(), {});
    opened.model->to(find_device(test_device()));
  }
  std::filesystem::path place() const {
    const auto file = folder / "weights.pth";
    return std::filesystem::exists(file) ? file : folder;
  }
  State input() const {
    State state;
    state.set("pixels", picture(2, reference.at("side")));
    return state;
  }
  torch::Tensor logits(const Pass& pass = {}) const {
    State state = input();
    opened.model->forward(state, pass, 0, opened.model->size());
    return state.at("logits").to(torch::kCPU);
  }
  torch::Tensor expected_logits() const {
    std::vector<torch::Tensor> rows;
    for (const auto& row : reference.at("logits")) rows.push_back(torch::tensor(row.get<std::vector<float>>()));
    return torch::stack(rows);
  }

  std::string name;
  std::filesystem::path folder;
  nlohmann::json reference;
  OpenedModel opened;
};

}  // namespace strop
