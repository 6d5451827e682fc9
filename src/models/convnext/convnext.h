// ConvNeXt (Liu et al. 2022) as a row:
//   stem -> for each stage: downsampling (from the second stage on), its blocks -> pooling and norm -> classifier
//
// Files of Transformers (ConvNextForImageClassification, or the bare ConvNextModel), of timm (convnext_*, with linear
// layers or 1x1 convolutions in the MLP) and of torchvision. Parity: tests/models/convnext_test.cc.
#pragma once

#include <memory>

#include "models/family.h"

namespace strop {

// By model_type convnext, by timm's architecture, or by names and shapes alone.
std::optional<Recognition> recognise_convnext(const ModelFiles& files);

// Sizes are those of the weights. config keys read, Transformers: model_type hidden_act layer_norm_eps image_size;
// timm: architecture. Error(model) for a variant that is not supported.
std::unique_ptr<Model> build_convnext(const nlohmann::json& config, const ModelOptions& options,
                                      const std::string& where);

}  // namespace strop
