// (IA)^3 (Liu et al. 2022, 2205.05638): trained factors, from 1, on the outputs of attention keys and values and on the
// input of the MLP's second layer. Files and formulas agree with PEFT (tests/interop).
#pragma once

#include "nn/adapter.h"
#include "tuning/method.h"

namespace strop {

std::vector<Stage> ia3_stages(const ModelFacts& model, const Options& options);
void open_ia3(Block& block, const Options& options);
nlohmann::json ia3_peft_config(const Options& options, const NamedLayers& adapted);
std::unique_ptr<Adapter> read_ia3(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                  const std::map<std::string, at::Tensor>& tensors);

}  // namespace strop
