// A depthwise convolution and the product at each pixel behind it, as one function of the graph, while they train.
//
// Such pairs are bound by memory: unit by unit, forward and backward pass over the pictures 23 times; here it is 9 times,
// as the filtered picture stays in the cache and is made again for the gradient. For pictures in fp32 on a CPU;
// everything else goes unit by unit. Parity and numerical gradient: tests/nn/separable_test.cc.
#pragma once

#include "nn/conv_unit.h"

namespace strop {

// x: N x in x H x W. Undefined where the two can't go together: an adapter, another precision, a stride, a norm that is to
// be estimated, rows shorter than 7 pixels, a filter other than 3x3 and 5x5.
torch::Tensor separable(const ConvUnit& depthwise, const ConvUnit& pointwise, const torch::Tensor& x, const Pass& pass);

}  // namespace strop
