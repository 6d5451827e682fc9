#include "models/resnet/names.h"

namespace strop::resnet {
namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

std::string timm_base(std::int64_t stage, std::int64_t block) {
  return "layer" + text(stage + 1) + "." + text(block) + ".";
}
UnitName timm_unit(std::int64_t stage, std::int64_t block, std::int64_t unit) {
  const auto base = timm_base(stage, block);
  return {base + "conv" + text(unit + 1), base + "bn" + text(unit + 1)};
}
UnitName timm_shortcut(std::int64_t stage, std::int64_t block) {
  const auto base = timm_base(stage, block) + "downsample.";
  return {base + "0", base + "1"};
}

std::string transformers_base(std::int64_t stage, std::int64_t block) {
  return "resnet.encoder.stages." + text(stage) + ".layers." + text(block) + ".";
}
UnitName transformers_layer(std::int64_t stage, std::int64_t block, std::int64_t unit) {
  return transformers_unit(transformers_base(stage, block) + "layer." + text(unit));
}
UnitName transformers_shortcut(std::int64_t stage, std::int64_t block) {
  return transformers_unit(transformers_base(stage, block) + "shortcut");
}

}  // namespace

const std::vector<Names>& layouts() {
  static const std::vector<Names> list = {
      {"timm and torchvision", "", {"conv1", "bn1"}, timm_unit, timm_shortcut, "fc"},
      {"Transformers", "resnet.", transformers_unit("resnet.embedder.embedder"), transformers_layer,
       transformers_shortcut, "classifier.1"},
  };
  return list;
}

}  // namespace strop::resnet
