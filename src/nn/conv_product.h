// A convolution with given weights: forward with bias, residual and activation in one pass, and its gradients.
//
// Tensors are N x C x H x W of one precision, channels-last. On a CPU: oneDNN through the fused operators of libtorch
// (mkldnn::_convolution_pointwise); elsewhere the plain operators. No graph is made here.
#pragma once

#include <torch/types.h>

#include <utility>

#include "nn/activation.h"
#include "nn/conv.h"

namespace strop {

inline constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

// weight: out x in/groups x kernel x kernel; bias: out, or undefined. `packed`: the weight in the form that the forward
// reads fastest, or undefined: then it is read as it is.
struct ConvWeight {
  torch::Tensor weight, bias, packed;
};

// For weights that are used many times with inputs of these sizes.
torch::Tensor packed_weight(const ConvShape& shape, const torch::Tensor& weight, torch::IntArrayRef input_sizes);

// act(conv(x) + bias + residual); residual may be undefined.
torch::Tensor conv_forward(const ConvShape& shape, const torch::Tensor& x, const ConvWeight& weight,
                           Activation activation, const torch::Tensor& residual);
// Of the input, N x in x height x width, from the gradient g of the result before its activation.
torch::Tensor conv_input_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& weight,
                                  std::int64_t height, std::int64_t width);
// Of a depthwise filter of 3, 5 or 7 rows, without dilation, in fp32 on a CPU: kernels/filter_gradient.h.
torch::Tensor conv_weight_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);

}  // namespace strop
