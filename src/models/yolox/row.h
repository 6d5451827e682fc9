// The sizes of a YOLOX: what its weights' shapes tell.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace strop::yolox {

struct Row {
  std::int64_t stem = 0;                      // channels behind the stem; 0: the backbone is a classifier's
  std::array<std::int64_t, 3> channels = {};  // of the maps at strides 8, 16, 32
  std::int64_t depth = 1,
               neck_depth = 1;        // bottlenecks of dark2 (dark3 and dark4 have three times as many), of the neck
  std::int64_t hidden = 0;            // channels inside the head
  bool depthwise = false;             // 3 x 3 convolutions are depthwise and pointwise ones (nano)
  std::int64_t side = 416;            // of the square input
  bool normalised = false;            // takes pixels as ImageNet's classifiers do; else blue first, 0 .. 255
  std::vector<std::int64_t> classes;  // of each group: the head, then the increments
};

inline constexpr std::array<std::int64_t, 3> kStrides = {8, 16, 32};

nlohmann::json to_json(const Row& row);
Row row_of(const nlohmann::json& json);

}  // namespace strop::yolox
