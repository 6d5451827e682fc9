// The names that the parts of an inverted-residual network have in each library's files.
//
//   timm              conv_stem bn1 blocks.S.B.{conv_pw bn1 conv_dw bn2 se.conv_reduce conv_pwl bn3} conv_head
//   classifier lukemelas         _conv_stem _bn0 _blocks.N.{_expand_conv _bn0 _depthwise_conv ...} _conv_head _bn1 _fc
//   torchvision-v2    features.N.conv.{0.0 0.1 1.0 1.1 2 3}                 MobileNetV2
//   torchvision-v3    features.N.block.J.{0 1}, fc1, fc2                    MobileNetV3
//   torchvision       features.S.B.block.J.{0 1}, fc1, fc2                  EfficientNet
//   transformers-v2   mobilenet_v2.layer.N.{expand_1x1 conv_3x3 reduce_1x1}.{convolution normalization}
//   transformers      efficientnet.encoder.blocks.N.{expansion.expand_conv ...}
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/layouts.h"

namespace strop::efficientnet {

struct BlockNames {
  UnitName expand, depthwise, project;
  std::string reduce, widen;  // of squeeze-excite
};

// Where a block stands, and what it has: some layouts number the parts that are there.
struct Place {
  std::int64_t stage, place, number;  // number counts through all stages
  bool expands, squeezes;
};

struct Names {
  std::string layout;
  std::string prefix;  // that a file of the encoder alone leaves out
  bool by_stage;       // blocks are named by stage and place, else by number
  UnitName stem;
  std::function<BlockNames(const Place&)> block;
  std::function<UnitName(std::int64_t stages, std::int64_t blocks)> top;
  std::string wide;  // "" where the layout has no such layer
  std::string classifier;
};

// In the order of recognition: a MobileNetV3 has all names that tell of plain timm, too.
const std::vector<Names>& layouts();

}  // namespace strop::efficientnet
