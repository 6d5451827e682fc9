#include "nn/layer.h"

#include <torch/types.h>

#include <cmath>

namespace strop {

std::string bias_suffix(const std::string& weight_suffix) { return weight_suffix == "_weight" ? "_bias" : ".bias"; }

std::vector<StoredTensor> Layer::stored() {
  std::vector<StoredTensor> all = {{weight_suffix_, &weight, shape_}};
  if (has_bias_) all.push_back({bias_suffix(weight_suffix_), &bias, {shape_[0]}});
  return all;
}

void Layer::make_fresh(at::Generator generator) {
  weight = torch::empty(shape_);
  if (kind_ == LayerKind::norm || kind_ == LayerKind::batch_norm) {
    weight.fill_(1);
  } else if (kind_ == LayerKind::conv) {
    const auto inputs = static_cast<double>(weight.numel() / shape_[0]);
    weight.normal_(0, fresh_deviation > 0 ? fresh_deviation : std::sqrt(2 / inputs), generator);
  } else {
    weight.normal_(0, 0.02, generator);
  }
  if (has_bias_) bias = torch::full({shape_[0]}, fresh_bias);
}

Parameters parameters_of(const Layer& layer) {
  Parameters found = {layer.weight, layer.bias};
  if (layer.adapter) layer.adapter->merge(layer, found.weight, found.bias);
  return found;
}

torch::Tensor Layer::converted(const torch::Tensor& master, Kept& kept, torch::ScalarType precision) {
  if (!master.defined() || master.scalar_type() == precision) return master;
  if (master.requires_grad()) {
    kept = {};
    return master.to(precision);
  }
  if (!kept.tensor.defined() || kept.tensor.scalar_type() != precision || !(kept.mark == mark_of(master))) {
    kept = {master.detach().to(precision), mark_of(master)};
  }
  return kept.tensor;
}

}  // namespace strop
