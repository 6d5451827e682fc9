#include "nn/onnx_layers.h"

#include <torch/types.h>

#include <limits>
#include <numbers>

namespace strop::onnx {
namespace {

constexpr auto kEnd = std::numeric_limits<std::int64_t>::max();  // of a slice: the dimension's

Value pooled(Graph& graph, const char* operation, const Value& x, std::int64_t kernel, std::int64_t stride,
             std::vector<Attribute> attributes) {
  const auto pad = kernel / 2;
  attributes.insert(attributes.end(), {{"kernel_shape", Integers{kernel, kernel}},
                                       {"strides", Integers{stride, stride}},
                                       {"pads", Integers{pad, pad, pad, pad}}});
  auto y = graph.node(operation, {x}, std::move(attributes));
  const auto length = [&](std::int64_t before) { return (before + 2 * pad - kernel) / stride + 1; };
  y.height = length(x.height);
  y.width = length(x.width);
  return y;
}

}  // namespace

Value constant(Graph& graph, const std::string& name, const torch::Tensor& tensor) {
  const auto dense = std::make_shared<const torch::Tensor>(tensor.detach().to(torch::kFloat).contiguous());
  const std::string_view bytes(static_cast<const char*>(dense->const_data_ptr()), dense->nbytes());
  return graph.constant(name, {Type::float32, dense->sizes().vec(), bytes, dense});
}

Value convolution(Graph& graph, const ConvShape& shape, const Parameters& parameters, const Value& x) {
  std::vector<Value> inputs = {x, constant(graph, "weight", parameters.weight)};
  if (parameters.bias.defined()) inputs.push_back(constant(graph, "bias", parameters.bias));
  const auto [top, bottom] = shape.zeros(x.height);
  const auto [left, right] = shape.zeros(x.width);
  auto y = graph.node("Conv", inputs,
                      {{"kernel_shape", Integers{shape.kernel, shape.kernel}},
                       {"strides", Integers{shape.stride, shape.stride}},
                       {"dilations", Integers{shape.dilation, shape.dilation}},
                       {"pads", Integers{top, left, bottom, right}},
                       {"group", shape.groups}});
  y.height = shape.out_length(x.height);
  y.width = shape.out_length(x.width);
  return y;
}

Value conv_unit(Graph& graph, const ConvUnit& unit, const Value& x) {
  return activated(graph, unit.activation(), convolution(graph, unit.conv().conv(), unit.folded_parameters(), x));
}

Value conv_unit(Graph& graph, const ConvUnit& unit, const Value& x, const Value& residual) {
  const auto y = convolution(graph, unit.conv().conv(), unit.folded_parameters(), x);
  return activated(graph, unit.activation(), sum(graph, y, residual));
}

Value max_pool(Graph& graph, const Value& x, std::int64_t kernel, std::int64_t stride) {
  return pooled(graph, "MaxPool", x, kernel, stride, {});
}

Value average_pool(Graph& graph, const Value& x, std::int64_t kernel, std::int64_t stride) {
  return pooled(graph, "AveragePool", x, kernel, stride, {{"count_include_pad", std::int64_t{1}}});
}

Value twice_as_wide(Graph& graph, const Value& x) {
  // The defaults of Resize: each pixel is the nearest one.
  auto wide = graph.node("Resize", {x, constant(graph, "roi", torch::empty({0})),
                                    constant(graph, "scales", torch::tensor({1.0F, 1.0F, 2.0F, 2.0F}))});
  wide.height = 2 * x.height;
  wide.width = 2 * x.width;
  return wide;
}

Value mean_of(Graph& graph, const Value& x) {
  auto mean = graph.node("GlobalAveragePool", {x});
  mean.height = mean.width = 1;
  return mean;
}

Value pooled_mean(Graph& graph, const Value& x) {
  return graph.node("Flatten", {mean_of(graph, x)}, {{"axis", std::int64_t{1}}});
}

Value product(Graph& graph, const Parameters& parameters, const Value& x) {
  const auto y = graph.node("MatMul", {x, constant(graph, "weight", parameters.weight.t())});
  return parameters.bias.defined() ? sum(graph, y, constant(graph, "bias", parameters.bias)) : y;
}

Value product(Graph& graph, const Linear& layer, const Value& x) {
  return product(graph, Parameters{layer.weight, layer.bias}, x);
}

Value layer_norm(Graph& graph, const LayerNorm& norm, const Value& x) {
  const auto weight = constant(graph, "weight", norm.weight), bias = constant(graph, "bias", norm.bias);
  return graph.node("LayerNormalization", {x, weight, bias},
                    {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(norm.eps())}});
}

Value activated(Graph& graph, Activation activation, const Value& x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return graph.node("Relu", {x});
    case Activation::relu6: return graph.node("Clip", {x, graph.scalar(0), graph.scalar(6)});
    case Activation::silu: return graph.node("Mul", {x, graph.node("Sigmoid", {x})});
    case Activation::hardswish: return graph.node("HardSwish", {x});
    case Activation::gelu: return gelu(graph, x);
  }
  return x;
}

// Operator set 17 has no Gelu; runtimes know this form of it: x * (erf(x / sqrt(2)) + 1) * 0.5.
Value gelu(Graph& graph, const Value& x) {
  const auto inner = graph.node("Div", {x, graph.scalar(std::numbers::sqrt2_v<float>)});
  const auto gate = sum(graph, graph.node("Erf", {inner}), graph.scalar(1));
  return graph.node("Mul", {graph.node("Mul", {x, gate}), graph.scalar(0.5F)});
}

Value sum(Graph& graph, const Value& a, const Value& b) { return graph.node("Add", {a, b}); }

Value joined(Graph& graph, const std::vector<Value>& parts, std::int64_t dimension) {
  return graph.node("Concat", parts, {{"axis", dimension}});
}

Value transposed(Graph& graph, const Value& x, const Integers& order) {
  return graph.node("Transpose", {x}, {{"perm", order}});
}

Value reshaped(Graph& graph, const Value& x, const Integers& shape) {
  return graph.node("Reshape", {x, graph.integers(shape)});
}

Value slice(Graph& graph, const Value& x, std::int64_t dimension, std::int64_t begin, std::optional<std::int64_t> end) {
  return graph.node("Slice",
                    {x, graph.integers({begin}), graph.integers({end.value_or(kEnd)}), graph.integers({dimension})});
}

Value every_second(Graph& graph, const Value& x, std::int64_t dimension, std::int64_t begin) {
  return graph.node(
      "Slice", {x, graph.integers({begin}), graph.integers({kEnd}), graph.integers({dimension}), graph.integers({2})});
}

Value corner_boxes(Graph& graph, const Value& middle, const Value& size) {
  const auto half = graph.node("Mul", {size, graph.scalar(0.5F)});
  return joined(graph, {graph.node("Sub", {middle, half}), size}, 2);
}

}  // namespace strop::onnx
