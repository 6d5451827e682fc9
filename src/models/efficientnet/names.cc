#include "models/efficientnet/names.h"

#include <algorithm>
#include <stdexcept>

namespace strop::efficientnet {
namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

BlockNames timm_block(const Place& at) {
  const auto base = "blocks." + text(at.stage) + "." + text(at.place) + ".";
  BlockNames names;
  if (at.expands) {
    names = {{base + "conv_pw", base + "bn1"}, {base + "conv_dw", base + "bn2"}, {base + "conv_pwl", base + "bn3"}, "", ""};
  } else {
    names = {{}, {base + "conv_dw", base + "bn1"}, {base + "conv_pw", base + "bn2"}, "", ""};
  }
  names.reduce = base + "se.conv_reduce";
  names.widen = base + "se.conv_expand";
  return names;
}

BlockNames lukemelas_block(const Place& at) {
  const auto base = "_blocks." + text(at.number) + ".";
  return {{base + "_expand_conv", base + "_bn0"},
          {base + "_depthwise_conv", base + "_bn1"},
          {base + "_project_conv", base + "_bn2"},
          base + "_se_reduce",
          base + "_se_expand"};
}

// Parts in their order, counted from 0.
BlockNames torchvision_parts(const std::string& base, const Place& at) {
  std::int64_t part = 0;
  const auto unit = [&] {
    const auto own = base + text(part++) + ".";
    return UnitName{own + "0", own + "1"};
  };
  BlockNames names;
  if (at.expands) names.expand = unit();
  names.depthwise = unit();
  if (at.squeezes) {
    names.reduce = base + text(part) + ".fc1";
    names.widen = base + text(part++) + ".fc2";
  }
  names.project = unit();
  return names;
}
BlockNames torchvision_v2_block(const Place& at) {
  const auto base = "features." + text(at.number + 1) + ".conv.";
  auto names = torchvision_parts(base, at);
  const std::int64_t project = at.expands ? 2 : 1;
  names.project = {base + text(project), base + text(project + 1)};
  return names;
}
BlockNames torchvision_v3_block(const Place& at) {
  return torchvision_parts("features." + text(at.number + 1) + ".block.", at);
}
BlockNames torchvision_block(const Place& at) {
  return torchvision_parts("features." + text(at.stage + 1) + "." + text(at.place) + ".block.", at);
}

UnitName transformers_unit(const std::string& base) { return {base + ".convolution", base + ".normalization"}; }

// The first block stands in the stem.
BlockNames transformers_v2_block(const Place& at) {
  const auto base = at.number == 0 ? std::string("mobilenet_v2.conv_stem.") : "mobilenet_v2.layer." + text(at.number - 1) + ".";
  return {transformers_unit(base + "expand_1x1"), transformers_unit(base + "conv_3x3"), transformers_unit(base + "reduce_1x1"),
          "", ""};
}
BlockNames transformers_block(const Place& at) {
  const auto base = "efficientnet.encoder.blocks." + text(at.number) + ".";
  return {{base + "expansion.expand_conv", base + "expansion.expand_bn"},
          {base + "depthwise_conv.depthwise_conv", base + "depthwise_conv.depthwise_norm"},
          {base + "projection.project_conv", base + "projection.project_bn"},
          base + "squeeze_excite.reduce",
          base + "squeeze_excite.expand"};
}

// The same for every number of stages and blocks.
std::function<UnitName(std::int64_t, std::int64_t)> always(const UnitName& name) {
  return [name](std::int64_t, std::int64_t) { return name; };
}
UnitName after_blocks(std::int64_t, std::int64_t blocks) {
  const auto base = "features." + text(blocks + 1) + ".";
  return {base + "0", base + "1"};
}
UnitName after_stages(std::int64_t stages, std::int64_t) { return after_blocks(0, stages); }
UnitName last_stage(std::int64_t stages, std::int64_t) {
  const auto base = "blocks." + text(stages) + ".0.";
  return {base + "conv", base + "bn1"};
}

}  // namespace

const std::vector<Names>& layouts() {
  static const std::vector<Names> list = {
      {"timm-v3", "", true, {"conv_stem", "bn1"}, timm_block, last_stage, "conv_head", "classifier"},
      {"timm", "", true, {"conv_stem", "bn1"}, timm_block, always({"conv_head", "bn2"}), "", "classifier"},
      {"lukemelas", "", false, {"_conv_stem", "_bn0"}, lukemelas_block, always({"_conv_head", "_bn1"}), "", "_fc"},
      {"torchvision-v2", "", false, {"features.0.0", "features.0.1"}, torchvision_v2_block, after_blocks, "", "classifier.1"},
      {"torchvision-v3", "", false, {"features.0.0", "features.0.1"}, torchvision_v3_block, after_blocks, "classifier.0",
       "classifier.3"},
      {"torchvision", "", true, {"features.0.0", "features.0.1"}, torchvision_block, after_stages, "", "classifier.1"},
      {"transformers-v2", "mobilenet_v2.", false, transformers_unit("mobilenet_v2.conv_stem.first_conv"),
       transformers_v2_block, always(transformers_unit("mobilenet_v2.conv_1x1")), "", "classifier"},
      {"transformers", "efficientnet.", false, {"efficientnet.embeddings.convolution", "efficientnet.embeddings.batchnorm"},
       transformers_block, always({"efficientnet.encoder.top_conv", "efficientnet.encoder.top_bn"}), "", "classifier"},
  };
  return list;
}

const Names& names_of(const std::string& layout) {
  const auto found = std::find_if(layouts().begin(), layouts().end(), [&](const Names& one) { return one.layout == layout; });
  if (found == layouts().end()) throw std::logic_error("no layout " + layout);
  return *found;
}

}  // namespace strop::efficientnet
