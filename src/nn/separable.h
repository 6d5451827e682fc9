// A depthwise convolution and the product at each pixel behind it, as one function of the graph, while they train.
//
// What a step keeps of such a pair is its input and its result; unit by unit it is twice that and more (the head of
// YOLOX-Nano: 122 MiB instead of 226 at batch 16), as the filtered picture is made again for the gradient, a few rows
// at a time. As fast as unit by unit on two cores. For pictures in fp32 on a CPU; everything else goes unit by unit.
// Parity and numerical gradient: tests/nn/separable_test.cc.
#pragma once

#include "nn/conv_unit.h"

namespace strop {

// x: N x in x H x W. Undefined where the two can't go together: an adapter, another precision, a stride, a norm that
// learns its statistics or is to be estimated, rows shorter than 7 pixels, a filter other than 3x3 and 5x5.
torch::Tensor separable(const ConvUnit& depthwise, const ConvUnit& pointwise, const torch::Tensor& x, const Pass& pass);

}  // namespace strop
