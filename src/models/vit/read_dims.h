// The sizes of a vision transformer from its config.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "models/vit/blocks.h"

namespace strop::vit {

// Keys read: hidden_size num_attention_heads num_hidden_layers intermediate_size num_channels image_size patch_size
// layer_norm_eps hidden_dropout_prob attention_probs_dropout_prob qkv_bias; what is absent is Transformers' default for
// "vit". Error(model) naming file and key where a value cannot be.
Dims read_dims(const nlohmann::json& config, const std::string& where);

// A whole number of 1 or more; `fallback` where the key is absent.
std::int64_t integer_or(const nlohmann::json& config, const char* key, std::int64_t fallback, const std::string& where);

// Error(model) where the key says something else than `only`.
void refuse_others(const nlohmann::json& config, const char* key, const nlohmann::json& only, const std::string& where);

}  // namespace strop::vit
