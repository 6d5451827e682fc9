#include "nn/frozen_weight.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/types.h>

#include <algorithm>

#include "nn/device.h"

namespace strop {
namespace {

using torch::Tensor;

// Rows that oneDNN's blocked layout is chosen for: a batch of some hundred tokens.
constexpr std::int64_t kRows = 1024;

Tensor reordered(const Tensor& weight) {
  if (suits_panels(weight)) return in_panels(weight);
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                             .typed<Tensor(const Tensor&, std::optional<std::int64_t>)>();
  return op.call(weight, kRows);
}

std::optional<Tensor> optional_of(const Tensor& tensor) {
  return tensor.defined() ? std::optional<Tensor>(tensor) : std::nullopt;
}

}  // namespace

bool onednn_computes(const Tensor& weight) {
  static const bool bf16 =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_is_mkldnn_bf16_supported", "").typed<bool()>().call();
  return own_kernels(weight) && at::hasMKLDNN() &&
         (weight.scalar_type() == torch::kFloat || (weight.scalar_type() == torch::kBFloat16 && bf16));
}

void FrozenWeight::take(const std::vector<const Layer*>& layers, torch::ScalarType precision, bool with_backward) {
  std::vector<TensorMark> weights, biases;
  for (const auto* layer : layers) {
    weights.push_back(mark_of(layer->weight));
    biases.push_back(mark_of(layer->bias));
  }
  torch::NoGradGuard no_grad;
  const bool as_precise = forward_.defined() && precision == precision_;
  precision_ = precision;
  if (!as_precise || weights != weight_source_) take_weights(layers, with_backward);
  if (!as_precise || biases != bias_source_) take_biases(layers);
  weight_source_ = std::move(weights);
  bias_source_ = std::move(biases);
}

void FrozenWeight::take_weights(const std::vector<const Layer*>& layers, bool with_backward) {
  std::vector<Tensor> weights;
  for (const auto* layer : layers) weights.push_back(layer->weight);
  const Tensor weight = (weights.size() == 1 ? weights[0] : at::cat(weights, 0)).detach().to(precision_);
  const bool blocked = onednn_computes(weight);
  forward_ = blocked ? reordered(weight) : weight;
  backward_ = blocked ? Tensor() : weight.t();
  layers_ = layers;
  if (with_backward && !backward_.defined()) {
    backward();
    return;
  }
  for (const auto& one : weights) {
    if (forward_.unsafeGetTensorImpl() != one.unsafeGetTensorImpl()) set_aside_weight(one);
  }
}

void FrozenWeight::take_biases(const std::vector<const Layer*>& layers) {
  bias_ = Tensor();
  if (std::none_of(layers.begin(), layers.end(), [](const auto* layer) { return layer->bias.defined(); })) return;
  std::vector<Tensor> biases;
  for (const auto* layer : layers) {
    biases.push_back(layer->bias.defined() ? layer->bias : layer->weight.new_zeros({layer->shape()[0]}));
  }
  bias_ = at::cat(biases, 0).detach().to(precision_);
}

const Tensor& FrozenWeight::backward() {
  if (!backward_.defined()) {
    torch::NoGradGuard no_grad;
    std::vector<Tensor> weights;
    for (const auto* layer : layers_) weights.push_back(layer->weight.detach().t());
    backward_ = reordered(at::cat(weights, 1).to(precision_).contiguous());
    for (const auto& one : weights) set_aside_weight(one);
  }
  return backward_;
}

Tensor product_of(const Tensor& x, const Tensor& weight, const Tensor& bias, After after) {
  const auto with_bias = optional_of(bias);
  const bool gelu = after == After::gelu;
  if (is_in_panels(weight)) return row_product(x, weight, bias, after);
  if (!weight.is_mkldnn()) {
    const Tensor y = at::linear(x, weight, with_bias);
    return gelu ? at::gelu(y) : y;
  }
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&, std::string_view,
                                           c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>)>();
  at::AutoDispatchBelowAutograd below;
  return op.call(x.contiguous(), weight, with_bias, gelu ? "gelu" : "none", c10::List<std::optional<at::Scalar>>(),
                 gelu ? "none" : "");
}

Tensor product_plus(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& other) {
  if (is_in_panels(weight)) return row_product(x, weight, bias, After::nothing, other);
  if (!weight.is_mkldnn()) return other + at::linear(x, weight, optional_of(bias));
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "binary")
          .typed<Tensor(const Tensor&, const Tensor&, const Tensor&, const std::optional<Tensor>&, std::string_view)>();
  at::AutoDispatchBelowAutograd below;
  return op.call(x.contiguous(), other.contiguous(), weight, optional_of(bias), "add");
}

}  // namespace strop
