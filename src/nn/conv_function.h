// act(conv(x) + bias + residual) as one node of the graph.
//
// Saved for the backward pass: the weight; x only where the weight trains; of the activation the result (relu, relu6,
// which the next layer often keeps too) or its argument (the others). A convolution whose weight is frozen and that has
// no activation keeps nothing of the picture.
#pragma once

#include "nn/conv_product.h"

namespace strop {

// Like conv_forward, with gradients of x, weight, bias and residual where they ask for one.
torch::Tensor conv_node(const ConvShape& shape, const torch::Tensor& x, const ConvWeight& weight, Activation activation,
                        const torch::Tensor& residual);

}  // namespace strop
