#include "tuning/lora_conv.h"

#include <torch/types.h>

#include "nn/conv_function.h"
#include "nn/norm.h"

namespace strop {

using torch::Tensor;

LoraConvAdapter::LoraConvAdapter(const Conv2d& layer, Tensor a, Tensor b, Tensor magnitude, LoraSettings settings)
    : shape_(layer.conv()), a_(std::move(a)), b_(std::move(b)), magnitude_(std::move(magnitude)), settings_(settings) {}

Tensor LoraConvAdapter::product() const {
  const auto groups = shape_.groups, rank = a_.size(0);
  const Tensor product =
      at::bmm(b_.reshape({groups, shape_.out / groups, rank / groups}), a_.reshape({groups, rank / groups, -1}));
  return product.reshape({shape_.out, shape_.in / groups, shape_.kernel, shape_.kernel}) * settings_.scale;
}

Tensor LoraConvAdapter::factor(const Layer& layer) const {
  const Tensor norm = (layer.weight + product()).detach().norm(2, {1, 2, 3});
  return magnitude_.view({-1, 1, 1, 1}) / norm.view({-1, 1, 1, 1});
}

void LoraConvAdapter::merge(const Layer& layer, Tensor& weight, Tensor& bias) const {
  weight = layer.weight + product();
  if (magnitude_.defined()) weight = weight * factor(layer);
  bias = layer.bias;
}

Tensor LoraConvAdapter::output(const Tensor& x, const Tensor& y, const Layer& layer, const Pass& pass) const {
  const auto type = pass.precision;
  const auto convolved = [&](const ConvShape& shape, const Tensor& in, const Tensor& weight) {
    return conv_node(shape, in, {weight.to(type).contiguous(torch::MemoryFormat::ChannelsLast), {}, {}},
                     Activation::none, {});
  };
  ConvShape down = shape_, up{.in = a_.size(0), .out = shape_.out, .groups = shape_.groups};
  down.out = a_.size(0);
  const bool drops = pass.training && settings_.dropout > 0;
  const Tensor in = drops ? dropout(x.permute({0, 2, 3, 1}), {settings_.dropout, pass.mask_key(settings_.mask_id, 63)})
                                .permute({0, 3, 1, 2})
                          : x;
  const Tensor low = convolved(up, convolved(down, in, a_), b_) * settings_.scale;
  if (!magnitude_.defined()) return y + low;
  const Tensor scale = factor(layer).to(type).view({1, -1, 1, 1});
  return y + (scale - 1) * convolved(shape_, in, layer.weight) + scale * low;
}

std::map<std::string, Tensor*> LoraConvAdapter::tensors() {
  std::map<std::string, Tensor*> all = {{"lora_A.weight", &a_}, {"lora_B.weight", &b_}};
  if (magnitude_.defined()) all["lora_magnitude_vector"] = &magnitude_;
  return all;
}

Tensor LoraConvAdapter::in_file(const std::string& name, const Tensor& tensor) const {
  if (name != "lora_A.weight" || shape_.groups == 1) return tensor;
  const auto groups = shape_.groups, rows = tensor.size(0) / groups, columns = tensor.size(1);
  Tensor whole = torch::zeros({tensor.size(0), shape_.in, shape_.kernel, shape_.kernel});
  for (std::int64_t group = 0; group < groups; ++group) {
    whole.narrow(0, group * rows, rows).narrow(1, group * columns, columns).copy_(tensor.narrow(0, group * rows, rows));
  }
  return whole;
}

Tensor without_zeros(const ConvShape& shape, const Tensor& a) {
  const auto rows = a.size(0) / shape.groups, columns = shape.in / shape.groups;
  std::vector<Tensor> parts;
  for (std::int64_t group = 0; group < shape.groups; ++group) {
    parts.push_back(a.narrow(0, group * rows, rows).narrow(1, group * columns, columns));
  }
  const Tensor own = at::cat(parts, 0);
  // All that is not zero lies inside the groups.
  return a.count_nonzero().item<std::int64_t>() == own.count_nonzero().item<std::int64_t>() ? own : Tensor();
}

double LoraConvAdapter::rate_factor(const std::string& tensor) const {
  return tensor == "lora_B.weight" ? settings_.b_rate_factor : 1;
}

}  // namespace strop
