// The input form that a model's files state.
#pragma once

#include "image/input_form.h"
#include "models/family.h"

namespace strop {

// `base` (the family's own form) with what the files say over it: pretrained_cfg of timm's config.json (input_size,
// interpolation, crop_pct, crop_mode, mean, std), and preprocessor_config.json beside the weights as Transformers'
// image processors write it (size, crop_size, crop_pct, resample, image_mean, image_std and their do_ switches; beside
// them strop's own fit and channel_order).
// Error(model) naming file and key where a value cannot be.
InputForm read_input_form(const ModelFiles& files, const InputForm& base);

// The class of Transformers for a preprocessor_config.json that says this form: that of `config`, the file that came
// in, unless it has ways of its own with sizes or levels (ConvNext's, EfficientNet's, ViT's with a cut) and so cannot.
std::string processor_type(const nlohmann::ordered_json& config, const InputForm& form);

}  // namespace strop
