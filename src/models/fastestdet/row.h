// The sizes of a FastestDet: what its weights' shapes tell.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace strop::fastestdet {

struct Row {
  std::int64_t stem = 24;  // channels behind the first convolution
  std::array<std::int64_t, 3> channels = {48, 96,
                                          192};     // of the maps at strides 8, 16, 32: behind stage2, stage3, stage4
  std::array<std::int64_t, 3> repeats = {4, 8, 4};  // blocks of a stage
  std::int64_t neck = 96;                           // channels that the heads read
  std::int64_t side = 352;                          // of the square input
  std::vector<std::int64_t> classes;                // of each group: the head, then the increments
};

inline constexpr const char* kHead = "detect_head";
inline constexpr std::int64_t kCell = 16;    // pixels of the input between two places of the outputs
inline constexpr std::int64_t kStride = 32;  // of the coarsest map
// A score is objectness and class probability, each to its power, multiplied.
inline constexpr double kObjectPower = 0.6, kClassPower = 0.4;

nlohmann::json to_json(const Row& row);
Row row_of(const nlohmann::json& json);

}  // namespace strop::fastestdet
