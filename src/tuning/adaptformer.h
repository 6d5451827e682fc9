// AdaptFormer (Chen et al. 2022, arXiv 2205.13535): beside each block's MLP a bottleneck of its own,
// MLP(norm(x)) + adapter_scale * up(relu(down(x))), x as the block's first half left it. `up` starts at 0, so the model
// starts unchanged. It does not fold into weights: saved as an adapter of strop's own (docs/methods.md). The authors'
// dropout inside the bottleneck is left out.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> adaptformer_stages(const ModelFacts& model, const Options& options);
void open_adaptformer(Block& block, const Options& options);
nlohmann::json adaptformer_config(const Options& options, const NamedLayers& adapted);
std::unique_ptr<Adapter> read_adaptformer(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                          const std::map<std::string, at::Tensor>& tensors);

}  // namespace strop
