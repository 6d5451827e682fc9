// Vision transformers (Dosovitskiy et al. 2020; DeiT, Touvron et al. 2020; DINOv2, Oquab et al. 2023) as a row:
//   embeddings -> layer 0 ... layer L-1 -> final norm and pooling -> classifier
//
// Files of Transformers (ViTForImageClassification, DeiTForImageClassification with and without teacher,
// Dinov2ForImageClassification, or the bare encoders), of timm (VisionTransformer: vit_*, deit_*, *_dinov2) and of
// torchvision (vit_*).
// Pictures of another size than the position table's: the table is interpolated as the format's library does it.
// Parity: tests/models/vit_test.cc.
#pragma once

#include <memory>

#include "models/family.h"

namespace strop {

// By model_type vit, deit or dinov2; by timm's architecture; or by names and shapes alone.
std::optional<Recognition> recognise_vit(const ModelFiles& files);

// config keys read, Transformers: model_type hidden_size num_hidden_layers num_attention_heads intermediate_size
// mlp_ratio image_size patch_size num_channels layer_norm_eps hidden_act qkv_bias hidden_dropout_prob
// attention_probs_dropout_prob use_swiglu_ffn use_mask_token architectures; timm: architecture global_pool model_args,
// the rest from the shapes, as all of torchvision but image_size and num_attention_heads (else as
// usual for the width). Error(model) naming the key for what is missing or
// not supported.
std::unique_ptr<Model> build_vit(const nlohmann::json& config, const ModelOptions& options, const std::string& where);

}  // namespace strop
