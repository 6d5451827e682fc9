#include "tuning/vpt.h"

#include <torch/types.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "nn/block.h"
#include "nn/slot.h"
#include "tuning/seeded.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr const char* kPrompts = "prompt_embeddings";

class Prompts : public Adapter {
 public:
  explicit Prompts(Tensor tokens) : tokens_(std::move(tokens)) {}  // count x width

  bool changes_input() const override { return true; }
  Tensor input(const Tensor& x) const override {
    return at::cat({x, tokens_.to(x.scalar_type()).unsqueeze(0).expand({x.size(0), -1, -1})}, 1);
  }
  Tensor output(const Tensor&, const Tensor& y, const Layer&, const Pass&) const override { return y; }
  void merge(const Layer&, Tensor&, Tensor&) const override { fail_unmergeable("vpt"); }
  std::map<std::string, Tensor*> tensors() override { return {{kPrompts, &tokens_}}; }

 private:
  Tensor tokens_;
};

}  // namespace

std::vector<Stage> vpt_stages(const ModelFacts& model, const Options& options) {
  Stage stage = light_stage(model, options, "vpt");
  // Shallow: the blocks above the first with prompts pass them on, frozen.
  if (!options.vpt_deep && stage.blocks.size() > 1) {
    const auto head = static_cast<std::ptrdiff_t>(model.blocks.size() - model.head_begin);
    stage.blocks.erase(stage.blocks.begin() + 1, stage.blocks.end() - head);
    drop_absent_blocks(stage);
  }
  return {stage};
}

void open_vpt(Block& block, const Options& options) {
  for (const auto& [name, layer] : block.layers()) {
    if (dynamic_cast<const TokenSlot*>(layer) == nullptr) continue;
    const auto width = layer->shape()[0];
    const double bound = 0.02 * std::sqrt(3.0);
    auto generator = generator_of(options, name);
    const Tensor tokens = torch::empty({options.num_virtual_tokens, width}).uniform_(-bound, bound, generator);
    layer->adapter = std::make_unique<Prompts>(tokens.requires_grad_());
  }
}

nlohmann::json vpt_config(const Options& options, const NamedLayers& adapted) {
  return {{"target_modules", names_of(adapted)},
          {"num_virtual_tokens", options.num_virtual_tokens},
          {"deep", options.vpt_deep}};
}

std::unique_ptr<Adapter> read_vpt(const nlohmann::json&, const std::string& module, const Layer& layer,
                                  const std::map<std::string, Tensor>& tensors) {
  const auto found = tensors.find(kPrompts);
  if (layer.kind() != LayerKind::slot || found == tensors.end() || found->second.dim() != 2 ||
      found->second.size(1) != layer.shape()[0]) {
    fail(ErrorKind::model, "adapter: '{}' has no {} of width {}: this adapter belongs to another base", module,
         kPrompts, layer.shape().back());
  }
  return std::make_unique<Prompts>(found->second.to(torch::kFloat).clone());
}

}  // namespace strop
