// What our own kernels do faster than oneDNN: the convolution that reads the picture itself, and the gradient of a
// depthwise filter. fp32 on a CPU; channels-last. No graph is made here.
#pragma once

#include "nn/conv_product.h"

namespace strop {

bool own_picture_conv(const ConvShape& shape, const torch::Tensor& x, Activation activation);
// act(conv(x) + bias), by kernels/picture_conv.h.
torch::Tensor picture_conv(const ConvShape& shape, const torch::Tensor& x, const ConvWeight& weight,
                           Activation activation);

bool own_filter_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);
// Of a depthwise convolution's weight, by kernels/filter_gradient.h.
torch::Tensor filter_gradient(const ConvShape& shape, const torch::Tensor& g, const torch::Tensor& x);

}  // namespace strop
