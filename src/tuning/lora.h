// LoRA (Hu et al. 2021): W + s B A, s = alpha / r, or alpha / sqrt(r) with use_rslora (Kalajdzievski 2023); LoRA+
// (Hayou et al. 2024): B learns loraplus_lr_ratio times faster; DoRA (Liu et al. 2024): rows of W + s B A rescaled to
// a trained length m, the norm detached. A starts uniform(+-1/sqrt(in)), B at 0, m at the norm of W's rows.
// Of convolutions: lora_conv.h; a rank that a grouped one's groups do not divide is raised to the next that they do.
// Files and formulas agree with PEFT (tests/interop).
#pragma once

#include "nn/adapter.h"
#include "tuning/method.h"

namespace strop {

std::vector<Stage> lora_stages(const ModelFacts& model, const Options& options);
void open_lora(Block& block, const Options& options);
nlohmann::json lora_peft_config(const Options& options, const NamedLayers& adapted);
std::unique_ptr<Adapter> read_lora(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                   const std::map<std::string, at::Tensor>& tensors);

}  // namespace strop
