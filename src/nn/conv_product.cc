#include "nn/conv_product.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/types.h>

#include "nn/frozen_weight.h"
#include "nn/own_convs.h"

namespace strop {
namespace {

using torch::Tensor;
using Scalars = c10::List<std::optional<at::Scalar>>;

// What oneDNN calls an activation: name, scalars, algorithm.
struct PostOp {
  std::string_view name = "none", algorithm = "";
  std::vector<double> numbers = {};
  Scalars scalars() const {
    Scalars list;
    for (const double number : numbers) list.push_back(at::Scalar(number));
    return list;
  }
};

PostOp post_op(Activation activation) {
  switch (activation) {
    case Activation::relu: return {.name = "relu"};
    case Activation::relu6: return {.name = "hardtanh", .numbers = {0.0, 6.0}};
    case Activation::silu: return {.name = "swish"};
    case Activation::hardswish: return {.name = "hardswish"};
    case Activation::gelu: return {.name = "gelu", .algorithm = "none"};
    default: return {};
  }
}

// The zeros of one side where both sides of both directions have as many; else the caller puts them in.
std::optional<std::int64_t> even_zeros(const ConvShape& shape, std::int64_t height, std::int64_t width) {
  const auto rows = shape.zeros(height), columns = shape.zeros(width);
  if (rows.first != rows.second || columns.first != columns.second || rows.first != columns.first) return std::nullopt;
  return rows.first;
}

Tensor with_zeros(const ConvShape& shape, const Tensor& x) {
  const auto rows = shape.zeros(x.size(2)), columns = shape.zeros(x.size(3));
  Tensor wide = at::empty({x.size(0), x.size(1), x.size(2) + rows.first + rows.second,
                           x.size(3) + columns.first + columns.second},
                          x.options(), kChannelsLast)
                    .zero_();
  wide.narrow(2, rows.first, x.size(2)).narrow(3, columns.first, x.size(3)).copy_(x);
  return wide;
}

Tensor pointwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, std::int64_t zeros,
                 const ConvShape& shape, const PostOp& post, const Tensor& residual) {
  const std::vector<std::int64_t> padding(2, zeros), stride(2, shape.stride), dilation(2, shape.dilation);
  auto& dispatcher = c10::Dispatcher::singleton();
  if (!residual.defined()) {
    static const auto op =
        dispatcher.findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
            .typed<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&, at::IntArrayRef, at::IntArrayRef,
                          at::IntArrayRef, std::int64_t, std::string_view, Scalars, std::optional<std::string_view>)>();
    return op.call(x, weight, bias, padding, stride, dilation, shape.groups, post.name, post.scalars(), post.algorithm);
  }
  static const auto op =
      dispatcher.findSchemaOrThrow("mkldnn::_convolution_pointwise", "binary")
          .typed<Tensor(const Tensor&, const Tensor&, const Tensor&, const std::optional<Tensor>&, at::IntArrayRef,
                        at::IntArrayRef, at::IntArrayRef, std::int64_t, std::string_view, std::optional<at::Scalar>,
                        std::optional<std::string_view>, Scalars, std::optional<std::string_view>)>();
  const auto unary = post.name == "none" ? std::nullopt : std::optional<std::string_view>(post.name);
  return op.call(x, residual, weight, bias, padding, stride, dilation, shape.groups, "add", std::nullopt, unary,
                 Scalars(), std::nullopt);
}

// grad of input and weight by libtorch; x needs no values where `of_input`.
Tensor gradient(const ConvShape& shape, const Tensor& g, const Tensor& x, const Tensor& weight, std::int64_t zeros,
                bool of_input) {
  const std::vector<std::int64_t> padding(2, zeros), stride(2, shape.stride), dilation(2, shape.dilation), none(2, 0);
  const auto both = at::convolution_backward(g.contiguous(kChannelsLast), x, weight, std::nullopt, stride, padding,
                                             dilation, false, none, shape.groups, {of_input, !of_input, false});
  return of_input ? std::get<0>(both) : std::get<1>(both);
}

}  // namespace

Tensor packed_weight(const ConvShape& shape, const Tensor& weight, torch::IntArrayRef input_sizes) {
  if (!onednn_computes(weight)) return {};
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_convolution_weight", "")
                             .typed<Tensor(const Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                                           std::int64_t, at::OptionalIntArrayRef)>();
  auto sizes = input_sizes.vec();
  auto zeros = even_zeros(shape, sizes[2], sizes[3]);
  if (!zeros) {
    for (const int direction : {2, 3}) {
      const auto [before, behind] = shape.zeros(sizes[direction]);
      sizes[direction] += before + behind;
    }
    zeros = 0;
  }
  const std::vector<std::int64_t> padding(2, *zeros), stride(2, shape.stride), dilation(2, shape.dilation);
  return op.call(weight.contiguous(kChannelsLast), padding, stride, dilation, shape.groups, at::IntArrayRef(sizes));
}

Tensor conv_forward(const ConvShape& shape, const Tensor& x, const ConvWeight& weight, Activation activation,
                    const Tensor& residual) {
  if (!residual.defined() && own_picture_conv(shape, x, activation)) return picture_conv(shape, x, weight, activation);
  const auto zeros = even_zeros(shape, x.size(2), x.size(3));
  const Tensor in = zeros ? x : with_zeros(shape, x);
  const auto bias = weight.bias.defined() ? std::optional<Tensor>(weight.bias) : std::nullopt;
  at::AutoDispatchBelowAutograd below;
  if (onednn_computes(weight.weight)) {
    const Tensor& form = weight.packed.defined() ? weight.packed : weight.weight;
    // Behind a sum, oneDNN's operator knows relu alone.
    const bool fuses = !residual.defined() || activation == Activation::relu;
    const Tensor y = pointwise(in.contiguous(kChannelsLast), form, bias, zeros.value_or(0), shape,
                               fuses ? post_op(activation) : PostOp(),
                               residual.defined() ? residual.contiguous(kChannelsLast) : residual);
    return fuses ? y : activated(y, activation);
  }
  const std::vector<std::int64_t> padding(2, zeros.value_or(0)), stride(2, shape.stride), dilation(2, shape.dilation);
  Tensor z = at::conv2d(in, weight.weight, bias, stride, padding, dilation, shape.groups);
  if (residual.defined()) z = z + residual;
  return activated(z, activation);
}

Tensor conv_input_gradient(const ConvShape& shape, const Tensor& g, const Tensor& weight, std::int64_t height,
                           std::int64_t width) {
  const auto rows = shape.zeros(height), columns = shape.zeros(width);
  const auto zeros = even_zeros(shape, height, width);
  const auto more_rows = zeros ? 0 : rows.first + rows.second,
             more_columns = zeros ? 0 : columns.first + columns.second;
  // Only its sizes and layout are read.
  const Tensor x =
      at::empty({g.size(0), shape.in, height + more_rows, width + more_columns}, g.options(), kChannelsLast);
  const Tensor d_x = gradient(shape, g, x, weight, zeros.value_or(0), true);
  if (zeros) return d_x;
  return d_x.narrow(2, rows.first, height).narrow(3, columns.first, width).contiguous(kChannelsLast);
}

Tensor conv_weight_gradient(const ConvShape& shape, const Tensor& g, const Tensor& x) {
  if (own_filter_gradient(shape, g, x)) return filter_gradient(shape, g, x);
  if (own_picture_conv(shape, x)) return picture_gradient(shape, g, x);
  if (shape.kernel == 1 && shape.stride > 1) {
    // Of such a convolution with few channels oneDNN writes behind its own buffer (libtorch 2.13: 8 -> 16 channels,
    // stride 2, 64 x 64 pixels), so only the pixels that it reads are given to it.
    ConvShape dense = shape;
    dense.stride = 1;
    const Tensor read =
        x.slice(2, 0, x.size(2), shape.stride).slice(3, 0, x.size(3), shape.stride).contiguous(kChannelsLast);
    return conv_weight_gradient(dense, g, read);
  }
  const auto zeros = even_zeros(shape, x.size(2), x.size(3));
  const Tensor weight =
      at::empty({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}, g.options(), kChannelsLast);
  return gradient(shape, g, zeros ? x : with_zeros(shape, x), weight, zeros.value_or(0), false);
}

}  // namespace strop
