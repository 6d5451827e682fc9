// VPT, visual prompt tuning (Jia et al. 2022, arXiv 2203.12119): num_virtual_tokens trained tokens stand behind the
// pictures' own. Deep (vpt_deep=true): each block has its own, which the next block's replace. Shallow: the first
// block's go through all blocks. The authors put them between class token and patches; attention minds no order, so the
// results are the same. Does not fold into weights: saved as an adapter of strop's own (docs/methods.md). Prompts start
// uniform with a deviation of 0.02, as ViT's tokens do; the authors' dropout on them is left out.
#pragma once

#include "tuning/method.h"

namespace strop {

std::vector<Stage> vpt_stages(const ModelFacts& model, const Options& options);
void open_vpt(Block& block, const Options& options);
nlohmann::json vpt_config(const Options& options, const NamedLayers& adapted);
std::unique_ptr<Adapter> read_vpt(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                  const std::map<std::string, at::Tensor>& tensors);

}  // namespace strop
