#include "models/efficientnet/names.h"

namespace strop::efficientnet {
namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

// The same names below another base. What a block lacks has none.
BlockNames below(const std::string& base, const BlockNames& own) {
  const auto unit = [&](const UnitName& one) {
    return one.conv.empty() ? UnitName{} : UnitName{base + one.conv, base + one.norm};
  };
  return {unit(own.expand), unit(own.depthwise), unit(own.project), base + own.reduce, base + own.widen};
}

BlockNames timm_block(const Place& at) {
  const std::string reduce = "se.conv_reduce", widen = "se.conv_expand";
  const BlockNames expanding = {{"conv_pw", "bn1"}, {"conv_dw", "bn2"}, {"conv_pwl", "bn3"}, reduce, widen};
  const BlockNames plain = {{}, {"conv_dw", "bn1"}, {"conv_pw", "bn2"}, reduce, widen};
  return below("blocks." + text(at.stage) + "." + text(at.place) + ".", at.expands ? expanding : plain);
}

BlockNames lukemelas_block(const Place& at) {
  return below(
      "_blocks." + text(at.number) + ".",
      {{"_expand_conv", "_bn0"}, {"_depthwise_conv", "_bn1"}, {"_project_conv", "_bn2"}, "_se_reduce", "_se_expand"});
}

// Two modules of a row, one behind the other.
UnitName pair_at(const std::string& base, std::int64_t first) { return {base + text(first), base + text(first + 1)}; }

// Parts in their order, counted from 0.
BlockNames torchvision_parts(const std::string& base, const Place& at) {
  std::int64_t part = 0;
  const auto unit = [&] { return pair_at(base + text(part++) + ".", 0); };
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
  names.project = pair_at(base, at.expands ? 2 : 1);
  return names;
}
BlockNames torchvision_v3_block(const Place& at) {
  return torchvision_parts("features." + text(at.number + 1) + ".block.", at);
}
BlockNames torchvision_block(const Place& at) {
  return torchvision_parts("features." + text(at.stage + 1) + "." + text(at.place) + ".block.", at);
}

// The first block stands in the stem.
BlockNames transformers_v2_block(const Place& at) {
  const auto base =
      at.number == 0 ? std::string("mobilenet_v2.conv_stem.") : "mobilenet_v2.layer." + text(at.number - 1) + ".";
  return {transformers_unit(base + "expand_1x1"), transformers_unit(base + "conv_3x3"),
          transformers_unit(base + "reduce_1x1"), "", ""};
}
BlockNames transformers_block(const Place& at) {
  return below("efficientnet.encoder.blocks." + text(at.number) + ".",
               {{"expansion.expand_conv", "expansion.expand_bn"},
                {"depthwise_conv.depthwise_conv", "depthwise_conv.depthwise_norm"},
                {"projection.project_conv", "projection.project_bn"},
                "squeeze_excite.reduce",
                "squeeze_excite.expand"});
}

// The same for every number of stages and blocks.
std::function<UnitName(std::int64_t, std::int64_t)> always(const UnitName& name) {
  return [name](std::int64_t, std::int64_t) { return name; };
}
UnitName after_blocks(std::int64_t, std::int64_t blocks) { return pair_at("features." + text(blocks + 1) + ".", 0); }
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
      {"torchvision-v2",
       "",
       false,
       {"features.0.0", "features.0.1"},
       torchvision_v2_block,
       after_blocks,
       "",
       "classifier.1"},
      {"torchvision-v3",
       "",
       false,
       {"features.0.0", "features.0.1"},
       torchvision_v3_block,
       after_blocks,
       "classifier.0",
       "classifier.3"},
      {"torchvision", "", true, {"features.0.0", "features.0.1"}, torchvision_block, after_stages, "", "classifier.1"},
      {"transformers-v2", "mobilenet_v2.", false, transformers_unit("mobilenet_v2.conv_stem.first_conv"),
       transformers_v2_block, always(transformers_unit("mobilenet_v2.conv_1x1")), "", "classifier"},
      {"transformers",
       "efficientnet.",
       false,
       {"efficientnet.embeddings.convolution", "efficientnet.embeddings.batchnorm"},
       transformers_block,
       always({"efficientnet.encoder.top_conv", "efficientnet.encoder.top_bn"}),
       "",
       "classifier"},
  };
  return list;
}

}  // namespace strop::efficientnet
