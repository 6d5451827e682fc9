#include "tuning/ia3.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "nn/block.h"

namespace strop {
namespace {

using torch::Tensor;

// Key, value and the layers that lead back to the hidden width, under the names that the families give them.
const std::vector<std::string> kIa3Targets = {"key", "value", "output.dense", "k_proj", "v_proj", "down_proj"};
const std::vector<std::string> kIa3Feedforward = {"output.dense", "down_proj"};

class Ia3Adapter : public Adapter {
 public:
  // factors: out x 1, or 1 x in where the input is scaled (PEFT's shapes).
  Ia3Adapter(Tensor factors, bool scales_input) : factors_(std::move(factors)), scales_input_(scales_input) {}

  bool changes_input() const override { return scales_input_; }
  Tensor input(const Tensor& x) const override { return scales_input_ ? x * factors_.view(-1).to(x.scalar_type()) : x; }
  Tensor output(const Tensor&, const Tensor& y, const Layer&, const Pass&) const override {
    return scales_input_ ? y : y * factors_.view(-1).to(y.scalar_type());
  }
  void merge(const Layer& layer, Tensor& weight, Tensor& bias) const override {
    weight = layer.weight.detach() * factors_.detach();
    bias = layer.has_bias() && !scales_input_ ? layer.bias.detach() * factors_.detach().view(-1) : layer.bias;
  }
  std::map<std::string, Tensor*> tensors() override { return {{"ia3_l", &factors_}}; }

 private:
  Tensor factors_;
  bool scales_input_;
};

bool is_feedforward(const Options& options, const std::string& module, const Layer& layer) {
  if (!options.feedforward_modules.empty()) return matches_modules(options.feedforward_modules, module, layer);
  return options.target_modules.empty() && matches_modules(kIa3Feedforward, module, layer);
}

}  // namespace

std::vector<Stage> ia3_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "ia3")};
}

void open_ia3(Block& block, const Options& options) {
  const auto& targets = options.target_modules.empty() ? kIa3Targets : options.target_modules;
  for (const auto& [name, layer] : block.layers()) {
    if (layer->kind() != LayerKind::linear || !matches_modules(targets, name, *layer)) continue;
    if (!options.exclude_modules.empty() && matches_modules(options.exclude_modules, name, *layer)) continue;
    const bool scales_input = is_feedforward(options, name, *layer);
    const auto factors = scales_input ? torch::ones({1, layer->shape()[1]}) : torch::ones({layer->shape()[0], 1});
    layer->adapter = std::make_unique<Ia3Adapter>(factors.requires_grad_(), scales_input);
  }
}

nlohmann::json ia3_peft_config(const Options&, const NamedLayers& adapted) {
  std::vector<std::string> feedforward;
  for (const auto& [module, layer] : adapted) {
    if (layer->adapter->changes_input()) feedforward.push_back(module);
  }
  return {{"target_modules", names_of(adapted)},
          {"feedforward_modules", feedforward},
          {"fan_in_fan_out", false},
          {"init_ia3_weights", true}};
}

std::unique_ptr<Adapter> read_ia3(const nlohmann::json&, const std::string& module, const Layer& layer,
                                  const std::map<std::string, Tensor>& tensors) {
  const auto found = tensors.find("ia3_l");
  if (found == tensors.end()) fail(ErrorKind::model, "adapter: '{}' has no tensor ia3_l", module);
  const auto shape = found->second.sizes().vec();
  // The shape alone tells which side is scaled: (out, 1) or (1, in).
  const bool on_input = shape == std::vector<std::int64_t>{1, layer.shape().back()};
  const bool on_output = shape == std::vector<std::int64_t>{layer.shape().front(), 1};
  if (layer.shape().size() != 2 || (!on_input && !on_output)) {
    fail(ErrorKind::model,
         "adapter: '{}' has ia3_l [{}]; the base's layer is [{}]: this adapter belongs to another base", module,
         join_numbers(shape), join_numbers(layer.shape()));
  }
  return std::make_unique<Ia3Adapter>(found->second.to(torch::kFloat).clone(), on_input);
}

}  // namespace strop
