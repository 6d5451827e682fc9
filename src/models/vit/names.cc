#include "models/vit/names.h"

#include <array>
#include <utility>

#include "core/text.h"

namespace strop::vit {

Names transformers_names(const std::string& model_type, bool with_teacher) {
  const std::string prefix = (model_type == "yolos" ? "vit" : model_type) + ".", embeddings = prefix + "embeddings.";
  Names names;
  names.cls_token = embeddings + "cls_token";
  if (model_type == "deit") names.distillation_token = embeddings + "distillation_token";
  if (model_type == "dinov2") names.mask_token = embeddings + "mask_token";
  names.detection_tokens = embeddings + "detection_tokens";
  names.positions = embeddings + "position_embeddings";
  names.mid_positions = prefix + "encoder.mid_position_embeddings";
  names.projection = embeddings + "patch_embeddings.projection";
  names.final_norm = prefix + "layernorm";
  names.head = with_teacher ? "cls_classifier" : "classifier";
  if (with_teacher) names.distillation_head = "distillation_classifier";
  names.prefix = prefix;
  names.block = "encoder.layer.";
  names.query = "attention.attention.query";
  names.key = "attention.attention.key";
  names.value = "attention.attention.value";
  names.out = "attention.output.dense";
  if (model_type == "dinov2") {
    names.norm1 = "norm1";
    names.norm2 = "norm2";
    names.up = "mlp.fc1";
    names.down = "mlp.fc2";
    names.scale1 = "layer_scale1";
    names.scale2 = "layer_scale2";
    names.scale_suffix = ".lambda1";
  } else {
    names.norm1 = "layernorm_before";
    names.norm2 = "layernorm_after";
    names.up = "intermediate.dense";
    names.down = "output.dense";
  }
  return names;
}

Names timm_names(bool with_teacher, bool average_pooling) {
  Names names;
  names.cls_token = "cls_token";
  names.distillation_token = "dist_token";
  names.positions = "pos_embed";
  names.projection = "patch_embed.proj";
  names.final_norm = average_pooling ? "fc_norm" : "norm";
  names.head = "head";
  if (with_teacher) names.distillation_head = "head_dist";
  names.block = "blocks.";
  names.norm1 = "norm1";
  names.query_key_value = "attn.qkv";
  names.out = "attn.proj";
  names.norm2 = "norm2";
  names.up = "mlp.fc1";
  names.down = "mlp.fc2";
  names.scale1 = "ls1";
  names.scale2 = "ls2";
  names.scale_suffix = ".gamma";
  return names;
}

Names torchvision_names(bool old) {
  Names names;
  names.cls_token = "class_token";
  names.positions = "encoder.pos_embedding";
  names.projection = "conv_proj";
  names.final_norm = "encoder.ln";
  names.head = "heads.head";
  names.block = "encoder.layers.encoder_layer_";
  names.norm1 = "ln_1";
  names.query_key_value = "self_attention.in_proj";
  names.query_suffix = "_weight";
  names.out = "self_attention.out_proj";
  names.norm2 = "ln_2";
  names.up = old ? "mlp.linear_1" : "mlp.0";
  names.down = old ? "mlp.linear_2" : "mlp.3";
  return names;
}

std::string memory_name(const std::string& model_type, const std::string& name) {
  using Pair = std::pair<const char*, const char*>;
  constexpr std::array<Pair, 6> kInner = {Pair{"attention.attention.query", "attention.q_proj"},
                                          {"attention.attention.key", "attention.k_proj"},
                                          {"attention.attention.value", "attention.v_proj"},
                                          {"attention.output.dense", "attention.o_proj"},
                                          {"intermediate.dense", "mlp.fc1"},
                                          {"output.dense", "mlp.fc2"}};
  std::string result = name;
  if (model_type != "dinov2" && starts_with(name, model_type + ".encoder.layer.")) {
    result = model_type + ".layers." + name.substr((model_type + ".encoder.layer.").size());
  }
  for (const auto& [disk, memory] : kInner) {
    if (!ends_with(result, std::string(".") + disk)) continue;
    return result.substr(0, result.size() - std::string(disk).size()) + memory;
  }
  return result;
}

}  // namespace strop::vit
