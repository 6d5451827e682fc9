// What a ResNet consists of, as numbers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace strop::resnet {

// Two 3x3 convolutions, or (1x1, 3x3, 1x1) where `bottleneck`, plus the input or its projection.
struct Residual {
  std::int64_t stage, place, in, mid, out, groups, stride;
  bool bottleneck, projects;
};

struct Row {
  std::string layout;  // of its names: see names.h
  std::int64_t stem;
  std::vector<Residual> blocks;
  bool stride_first;  // Transformers' downsample_in_bottleneck: the stride stands in the bottleneck's first convolution
};

// The way from recognition to build.
inline nlohmann::json to_json(const Row& row) {
  auto blocks = nlohmann::json::array();
  for (const auto& one : row.blocks) {
    blocks.push_back(
        {one.stage, one.place, one.in, one.mid, one.out, one.groups, one.stride, one.bottleneck, one.projects});
  }
  return {{"layout", row.layout}, {"stem", row.stem}, {"blocks", blocks}, {"stride_first", row.stride_first}};
}
inline Row row_of(const nlohmann::json& from) {
  Row row{from.at("layout"), from.at("stem"), {}, from.at("stride_first")};
  for (const auto& one : from.at("blocks")) {
    row.blocks.push_back({one[0], one[1], one[2], one[3], one[4], one[5], one[6], one[7], one[8]});
  }
  return row;
}

}  // namespace strop::resnet
