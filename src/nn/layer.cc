#include "nn/layer.h"

namespace strop {

std::vector<StoredTensor> Layer::stored() {
  std::vector<StoredTensor> all = {{weight_suffix_, &weight, shape_}};
  if (has_bias_) all.push_back({".bias", &bias, {shape_[0]}});
  return all;
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
