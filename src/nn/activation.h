// Activations that convolutions fuse into their own pass.
#pragma once

#include <torch/types.h>

#include <string_view>

namespace strop {

enum class Activation { none, relu, relu6, silu, hardswish, gelu };

// By the names of Hugging Face's hidden_act and timm's act_layer; Error(model) naming those that are known.
Activation parse_activation(std::string_view name);

torch::Tensor activated(const torch::Tensor& z, Activation activation);
// Of activated(z), from the gradient g of its result. `kept` is the result itself where bounded(activation) (relu,
// relu6: the result tells where they are flat), else z. No graph is made.
torch::Tensor activation_gradient(const torch::Tensor& g, const torch::Tensor& kept, Activation activation);
inline bool bounded(Activation activation) { return activation == Activation::relu || activation == Activation::relu6; }

}  // namespace strop
