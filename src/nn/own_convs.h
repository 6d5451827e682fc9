// What our own kernels do faster than oneDNN: the convolution that reads the picture itself, its weight's
// gradient, and that of a depthwise filter. fp32 on a CPU; channels-last. No graph is made here.
#pragma once

#include "nn/conv_product.h"

namespace strop {

bool own_picture_conv(const ConvShape& shape, const torch::Tensor& x, Activation activation = Activation::none);
// act(conv(x) + bias), by kernels/picture_conv.h.
torch::Tensor picture_conv(const ConvShape& shape, const torch::Tensor& x, const ConvWeight& weight,
                           Activation activation);

// Of the weight of such a convolution, from the gradient g of the result before its activation.
torch::Tensor picture_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);

bool own_filter_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);
// Of a depthwise convolution's weight, by kernels/filter_gradient.h.
torch::Tensor filter_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);

}  // namespace strop
