// GELU (by erf) of a product, its bias added on the way: one pass over memory forward and one backward, which makes the
// bias's gradient too. Keeps z, as GELU alone does. Parity: tests/nn/bias_gelu_test.cc.
#pragma once

#include <torch/types.h>

namespace strop {

// z: rows x width; bias: width, or undefined. Other than fp32 on the CPU it is libtorch's gelu of the sum.
torch::Tensor bias_gelu(const torch::Tensor& z, const torch::Tensor& bias);

// weight bias_gelu(z, bias) + weight_bias, where the weight trains. Its gradient needs the wide tensor between the two:
// it is made again rather than kept, which halves what this part of a transformer holds for one GELU more.
torch::Tensor gelu_linear(const torch::Tensor& z, const torch::Tensor& bias, const torch::Tensor& weight,
                          const torch::Tensor& weight_bias);

}  // namespace strop
