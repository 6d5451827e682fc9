#include "tuning/adaptformer.h"

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

class Bottleneck : public Adapter {
 public:
  struct Parts {
    Tensor down, down_bias, up, up_bias;  // bottleneck x width, bottleneck, width x bottleneck, width
  };
  Bottleneck(Parts parts, double scale) : parts_(std::move(parts)), scale_(scale) {}

  Tensor output(const Tensor& x, const Tensor& y, const Layer&, const Pass& pass) const override {
    const auto type = pass.precision;
    const Tensor inner = at::relu(at::linear(x.to(type), parts_.down.to(type), parts_.down_bias.to(type)));
    return y + at::linear(inner, parts_.up.to(type), parts_.up_bias.to(type)) * scale_;
  }
  void merge(const Layer&, Tensor&, Tensor&) const override { fail_unmergeable("adaptformer"); }
  std::map<std::string, Tensor*> tensors() override {
    return {{"down_proj.weight", &parts_.down},
            {"down_proj.bias", &parts_.down_bias},
            {"up_proj.weight", &parts_.up},
            {"up_proj.bias", &parts_.up_bias}};
  }

 private:
  Parts parts_;
  double scale_;
};

}  // namespace

std::vector<Stage> adaptformer_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "adaptformer")};
}

void open_adaptformer(Block& block, const Options& options) {
  for (const auto& [name, layer] : block.layers()) {
    if (dynamic_cast<const BranchSlot*>(layer) == nullptr) continue;
    const auto width = layer->shape()[0], inner = options.adapter_bottleneck;
    // As a linear layer of PyTorch starts.
    const double bound = 1 / std::sqrt(static_cast<double>(width));
    auto generator = generator_of(options, name);
    const Tensor down = torch::empty({inner, width}).uniform_(-bound, bound, generator);
    layer->adapter = std::make_unique<Bottleneck>(
        Bottleneck::Parts{down.requires_grad_(), torch::zeros({inner}).requires_grad_(),
                          torch::zeros({width, inner}).requires_grad_(), torch::zeros({width}).requires_grad_()},
        options.adapter_scale);
  }
}

nlohmann::json adaptformer_config(const Options& options, const NamedLayers& adapted) {
  return {{"target_modules", names_of(adapted)},
          {"bottleneck", options.adapter_bottleneck},
          {"scale", options.adapter_scale}};
}

std::unique_ptr<Adapter> read_adaptformer(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                          const std::map<std::string, Tensor>& tensors) {
  const auto width = layer.shape()[0], inner = config.value("bottleneck", std::int64_t{0});
  const auto find = [&](const char* name, std::vector<std::int64_t> shape) {
    const auto found = tensors.find(name);
    if (layer.kind() == LayerKind::slot && found != tensors.end() && found->second.sizes().vec() == shape) {
      return found->second.to(torch::kFloat).clone();
    }
    fail(ErrorKind::model, "adapter: '{}' has no tensor {} of [{}]: this adapter belongs to another base", module, name,
         join_numbers(shape));
  };
  return std::make_unique<Bottleneck>(
      Bottleneck::Parts{find("down_proj.weight", {inner, width}), find("down_proj.bias", {inner}),
                        find("up_proj.weight", {width, inner}), find("up_proj.bias", {width})},
      config.value("scale", 0.1));
}

}  // namespace strop
