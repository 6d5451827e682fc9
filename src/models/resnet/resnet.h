// ResNet 18 to 152 (He et al. 2015; the stride in the 3x3 convolution, "v1.5") and ResNeXt as rows:
//   stem -> layer1.0 ... layer4.B -> pool -> classifier
//
// Read under the names of timm and torchvision (the same) and of Transformers. Sizes come from the weights' shapes.
// Parity: tests/models/resnet_test.cc.
#pragma once

#include <memory>

#include "models/family.h"

namespace strop {

// By model_type "resnet" of config.json, or by names and shapes.
std::optional<Recognition> recognise_resnet(const ModelFiles& files);
// config: with "row" as the recognition writes it.
std::unique_ptr<Model> build_resnet(const nlohmann::json& config, const ModelOptions& options,
                                    const std::string& where);

}  // namespace strop
