// EfficientNet (B and Lite), MobileNetV2 and MobileNetV3 as rows:
//   stem -> blocks.0.0 ... blocks.S.B -> head (last convolution, pooling) -> classifier
//
// Read under the names of timm, torchvision, lukemelas (EfficientNet-PyTorch and its Lite) and Transformers, and saved
// under the same. Sizes come from the weights' shapes; paddings, eps and activations from config.json or, without it,
// from what the library whose names they are does. Parity: tests/models/efficientnet_test.cc.
#pragma once

#include <memory>

#include "models/family.h"

namespace strop {

std::optional<Recognition> recognise_efficientnet(const ModelFiles& files);
std::optional<Recognition> recognise_mobilenet_v2(const ModelFiles& files);
std::optional<Recognition> recognise_mobilenet_v3(const ModelFiles& files);

// config: with "row" as the recognition writes it.
std::unique_ptr<Model> build_efficientnet(const nlohmann::json& config, const ModelOptions& options,
                                          const std::string& where);

}  // namespace strop
