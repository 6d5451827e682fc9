#include "nn/activation.h"

#include <torch/types.h>

#include <array>
#include <utility>

#include "core/error.h"

namespace strop {

Activation parse_activation(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Activation>, 9> kNames = {
      {{"relu", Activation::relu},
       {"relu6", Activation::relu6},
       {"silu", Activation::silu},
       {"swish", Activation::silu},
       {"hard_swish", Activation::hardswish},
       {"hardswish", Activation::hardswish},
       {"gelu", Activation::gelu},
       {"identity", Activation::none},
       {"none", Activation::none}}};
  for (const auto& [known, activation] : kNames) {
    if (known == name) return activation;
  }
  fail(ErrorKind::model, "activation '{}' is not supported; supported: relu, relu6, silu, hard_swish, gelu", name);
}

torch::Tensor activated(const torch::Tensor& z, Activation activation) {
  switch (activation) {
    case Activation::none: return z;
    case Activation::relu: return at::relu(z);
    case Activation::relu6: return at::hardtanh(z, 0, 6);
    case Activation::silu: return at::silu(z);
    case Activation::hardswish: return at::hardswish(z);
    case Activation::gelu: return at::gelu(z);
  }
  return z;
}

torch::Tensor activation_gradient(const torch::Tensor& g, const torch::Tensor& kept, Activation activation) {
  switch (activation) {
    case Activation::none: return g;
    case Activation::relu: return at::threshold_backward(g, kept, 0);
    case Activation::relu6: return at::hardtanh_backward(g, kept, 0, 6);
    case Activation::silu: return at::silu_backward(g, kept);
    case Activation::hardswish: return at::hardswish_backward(g, kept);
    case Activation::gelu: return at::gelu_backward(g, kept);
  }
  return g;
}

}  // namespace strop
