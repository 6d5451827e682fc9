#include "tuning/ssf.h"

#include <torch/types.h>

#include "nn/block.h"

namespace strop {
namespace {

using torch::Tensor;

class SsfAdapter : public Adapter {
 public:
  // Of as many entries as the layer has results; an undefined shift is none.
  SsfAdapter(Tensor scale, Tensor shift) : scale_(std::move(scale)), shift_(std::move(shift)) {}

  bool merges(const Pass&) const override { return true; }
  Tensor output(const Tensor&, const Tensor& y, const Layer&, const Pass&) const override {
    const Tensor scale = scale_.to(y.scalar_type());
    return shift_.defined() ? at::addcmul(shift_.to(y.scalar_type()), y, scale) : y * scale;
  }
  void merge(const Layer& layer, Tensor& weight, Tensor& bias) const override {
    std::vector<std::int64_t> by_row(layer.shape().size(), 1);
    by_row[0] = -1;
    weight = layer.weight * scale_.view(by_row);
    if (layer.has_bias()) bias = at::addcmul(shift_, layer.bias, scale_);
  }
  std::map<std::string, Tensor*> tensors() override {
    std::map<std::string, Tensor*> all = {{"ssf_scale", &scale_}};
    if (shift_.defined()) all["ssf_shift"] = &shift_;
    return all;
  }

 private:
  Tensor scale_, shift_;
};

// A convolution without bias has a batch norm behind it, whose result is scaled instead.
bool is_target(const Layer& layer) {
  switch (layer.kind()) {
    case LayerKind::linear:
    case LayerKind::norm:
    case LayerKind::batch_norm: return true;
    case LayerKind::conv: return layer.has_bias();
    default: return false;
  }
}

}  // namespace

std::vector<Stage> ssf_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "ssf")};
}

void open_ssf(Block& block, const Options&) {
  for (const auto& [name, layer] : block.layers()) {
    if (!is_target(*layer)) continue;
    const std::vector<std::int64_t> features = {layer->shape()[0]};
    layer->adapter = std::make_unique<SsfAdapter>(
        torch::ones(features).requires_grad_(), layer->has_bias() ? torch::zeros(features).requires_grad_() : Tensor());
  }
}

}  // namespace strop
