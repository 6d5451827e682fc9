// [1x1 convolution] -> depthwise convolution [-> 1x1 convolution (+ residual)] of a frozen inverted residual in one
// pass over the picture: the wide tensor between them, the largest of these networks, never leaves the cache.
//
// For pictures at rest on a CPU in fp32; everything else goes unit by unit. Parity with that:
// tests/nn/one_pass_test.cc.
#pragma once

#include "nn/conv_unit.h"

namespace strop {

class OnePass {
 public:
  // expand: null where the block does not widen; project: null where something stands before it (squeeze-excite).
  // x: N x in x H x W, fp32. residual: of the result's size, or undefined; goes with project.
  // An undefined tensor where these units can't go together: a gradient is wanted, something is adapted, norms are to
  // be estimated, another precision, device (own_kernels) or activation.
  torch::Tensor forward(const ConvUnit* expand, const ConvUnit& depthwise, const ConvUnit* project,
                        const torch::Tensor& x, const torch::Tensor& residual, const Pass& pass) const;

 private:
  struct Packed {
    std::vector<float> weight, bias;
    std::vector<TensorMark> source;
  };
  static const Packed& packed(const ConvUnit& unit, Packed& kept);

  mutable Packed expand_, depthwise_, project_;
};

}  // namespace strop
