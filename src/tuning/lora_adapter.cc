#include "tuning/lora_adapter.h"

#include <torch/types.h>

#include "nn/layer.h"
#include "nn/norm.h"

namespace strop {

using torch::Tensor;

LoraAdapter::LoraAdapter(Tensor a, Tensor b, Tensor magnitude, LoraSettings settings)
    : a_(std::move(a)), b_(std::move(b)), magnitude_(std::move(magnitude)), settings_(settings) {}

std::optional<LowRank> LoraAdapter::low_rank(const Pass& pass) const {
  if (magnitude_.defined() || (pass.training && settings_.dropout > 0)) return std::nullopt;
  return LowRank{a_, b_, settings_.scale};
}

Tensor LoraAdapter::output(const Tensor& x, const Tensor& y, const Layer& layer, const Pass& pass) const {
  const auto type = pass.precision;
  const bool drops = pass.training && settings_.dropout > 0;
  const Tensor in = drops ? dropout(x, {settings_.dropout, pass.mask_key(settings_.mask_id, 63)}) : x;
  const Tensor low = at::linear(at::linear(in, a_.to(type)), b_.to(type)) * settings_.scale;
  if (!magnitude_.defined()) return y + low;
  const Tensor factor = (magnitude_ / merged_weight(layer).norm(2, 1)).to(type);
  const Tensor base = drops ? at::linear(in, layer.weight_in(type)) : layer.has_bias() ? y - layer.bias_in(type) : y;
  return y + (factor - 1) * base + factor * low;
}

void LoraAdapter::merge(const Layer& layer, Tensor& weight, Tensor& bias) const {
  weight = merged_weight(layer);
  if (magnitude_.defined()) weight = weight * (magnitude_.detach() / weight.norm(2, 1)).unsqueeze(1);
  bias = layer.bias;
}

std::map<std::string, Tensor*> LoraAdapter::tensors() {
  std::map<std::string, Tensor*> all = {{"lora_A.weight", &a_}, {"lora_B.weight", &b_}};
  if (magnitude_.defined()) all["lora_magnitude_vector"] = &magnitude_;
  return all;
}

double LoraAdapter::rate_factor(const std::string& tensor) const {
  return tensor == "lora_B.weight" ? settings_.b_rate_factor : 1;
}

// Outside the graph: DoRA treats the row lengths as constants (its section 4.3).
Tensor LoraAdapter::merged_weight(const Layer& layer) const {
  return layer.weight.detach() + at::mm(b_.detach(), a_.detach()) * settings_.scale;
}

}  // namespace strop
