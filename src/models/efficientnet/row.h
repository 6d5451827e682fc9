// What a network of inverted residuals consists of, as numbers: EfficientNet (Tan and Le 2019; Lite without
// squeeze-excite), MobileNetV2 (Sandler et al. 2018), MobileNetV3 (Howard et al. 2019).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nn/activation.h"
#include "nn/conv.h"

namespace strop::efficientnet {

// [expand 1x1] -> depthwise k x k -> [squeeze-excite] -> project 1x1, plus the input where sizes allow.
struct Inverted {
  std::int64_t stage, place;  // its block is "blocks.<stage>.<place>"
  std::int64_t in, mid, out, kernel, stride;
  std::int64_t squeezed;  // channels inside squeeze-excite; 0: none
  bool expands;
  Activation activation;
  bool residual;
  Pad pad;
};

struct Row {
  std::string family;  // efficientnet | mobilenet_v2 | mobilenet_v3
  std::string layout;  // of its names: see names.h
  std::int64_t stem;   // channels
  std::vector<Inverted> blocks;
  std::int64_t top;       // channels of the last convolution
  std::int64_t wide;      // MobileNetV3's layer between pooling and classifier; 0: none
  Activation activation;  // of stem, top and wide
  double eps, dropout;
  Pad pad;  // of the stem
  // The pictures that published weights of this kind were trained with.
  std::int64_t size;
  double crop_pct;
  bool bicubic, half;  // half: mean and deviation 0.5, else ImageNet's

  std::int64_t stages() const { return blocks.empty() ? 0 : blocks.back().stage + 1; }
  std::int64_t features() const { return wide > 0 ? wide : top; }
};

// The way from recognition to build.
nlohmann::json to_json(const Row& row);
Row row_of(const nlohmann::json& json);

}  // namespace strop::efficientnet
