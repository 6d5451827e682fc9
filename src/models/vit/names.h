// Where the tensors of a vision transformer stand in a file, by the library that wrote it.
#pragma once

#include <string>

namespace strop::vit {

struct Names {
  // Full names of layers. "" where the format has none.
  std::string cls_token, distillation_token, detection_tokens, mask_token, positions, mid_positions, projection;
  std::string final_norm, head, distillation_head;
  std::string prefix;  // before the names of blocks: "vit."
  std::string block;   // "encoder.layer.": the block's number follows
  // Behind "<prefix><block><number>.". Either query, key and value or query_key_value.
  std::string norm1, query, key, value, query_key_value, out, norm2, up, down, scale1, scale2;
  std::string scale_suffix;  // ".lambda1"
  // Of the weights of query, key and value.
  std::string query_suffix = ".weight";
};

// As Transformers writes "vit", "deit" and "dinov2" on disk (version 5 uses other names in memory, see memory_name),
// and the parts that "yolos" has of "vit", beside tokens and positions of its own.
Names transformers_names(const std::string& model_type, bool with_teacher);
// As timm writes its VisionTransformer.
Names timm_names(bool with_teacher, bool average_pooling);
// As torchvision writes its VisionTransformer; `old`: as its published files still name the MLP's layers.
Names torchvision_names(bool old);

// The name that a layer called `name` on disk has in a model that Transformers 5 has loaded: what PEFT's files say.
std::string memory_name(const std::string& model_type, const std::string& name);

}  // namespace strop::vit
