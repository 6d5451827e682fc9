#include "nn/conv_function.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The shape as autograd keeps it.
std::vector<std::int64_t> numbers_of(const ConvShape& shape, Activation activation, const Tensor& x) {
  return {shape.in,
          shape.out,
          shape.kernel,
          shape.stride,
          shape.groups,
          shape.dilation,
          static_cast<std::int64_t>(shape.pad),
          static_cast<std::int64_t>(activation),
          x.size(2),
          x.size(3)};
}
ConvShape shape_of(const std::vector<std::int64_t>& numbers) {
  return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], static_cast<Pad>(numbers[6])};
}
Activation activation_of(const std::vector<std::int64_t>& numbers) { return static_cast<Activation>(numbers[7]); }

struct ConvNode : torch::autograd::Function<ConvNode> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                        const std::optional<Tensor>& residual, const std::optional<Tensor>& packed,
                        const std::vector<std::int64_t>& numbers) {
    const auto activation = activation_of(numbers);
    const bool fused = activation == Activation::none || bounded(activation);
    const Tensor z = conv_forward(shape_of(numbers), x, {weight, bias.value_or(Tensor()), packed.value_or(Tensor())},
                                  fused ? activation : Activation::none, residual.value_or(Tensor()));
    ctx->save_for_backward(
        {weight.requires_grad() ? x : Tensor(), weight, activation == Activation::none ? Tensor() : z});
    ctx->saved_data["numbers"] = numbers;
    ctx->saved_data["has_bias"] = bias.has_value();
    ctx->saved_data["has_residual"] = residual.has_value();
    return fused ? z : activated(z, activation);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto numbers = ctx->saved_data["numbers"].toIntVector();
    const auto shape = shape_of(numbers);
    const Tensor g = activation_gradient(gradients[0].contiguous(torch::MemoryFormat::ChannelsLast), saved[2],
                                         activation_of(numbers));
    // needs_input_grad counts the tensors that were given.
    const bool has_bias = ctx->saved_data["has_bias"].toBool(), has_residual = ctx->saved_data["has_residual"].toBool();
    return {
        ctx->needs_input_grad(0) ? conv_input_gradient(shape, g, saved[1], numbers[8], numbers[9]) : Tensor(),
        ctx->needs_input_grad(1) ? conv_weight_gradient(shape, g, saved[0]) : Tensor(),
        has_bias && ctx->needs_input_grad(2) ? g.sum({0, 2, 3}, false, torch::kFloat).to(g.scalar_type()) : Tensor(),
        has_residual && ctx->needs_input_grad(has_bias ? 3 : 2) ? g : Tensor(),
        Tensor(),
        Tensor()};
  }
};

std::optional<Tensor> given(const Tensor& tensor) {
  return tensor.defined() ? std::optional<Tensor>(tensor) : std::nullopt;
}

}  // namespace

Tensor conv_node(const ConvShape& shape, const Tensor& x, const ConvWeight& weight, Activation activation,
                 const Tensor& residual) {
  const auto wants = [](const Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); };
  const bool in_graph =
      torch::GradMode::is_enabled() && (wants(x) || wants(weight.weight) || wants(weight.bias) || wants(residual));
  // Without a graph nothing needs the result as it was before its activation.
  if (!in_graph) return conv_forward(shape, x, weight, activation, residual);
  return ConvNode::apply(x, weight.weight, given(weight.bias), given(residual), given(weight.packed),
                         numbers_of(shape, activation, x));
}

}  // namespace strop
