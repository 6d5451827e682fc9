// x W^T by kernels/row_product.h, its rows shared among libtorch's threads. No graph is made.
#pragma once

#include <torch/types.h>

namespace strop {

// What becomes of a product's result while it is still in cache.
enum class After { nothing, gelu };

// Whether a weight, out x in, is best multiplied so: in fp32 on a CPU for which it pays, `out` a multiple of 16.
bool suits_panels(const torch::Tensor& weight);
// The weight laid out for it: out / 16 x in x 16.
torch::Tensor in_panels(const torch::Tensor& weight);
inline bool is_in_panels(const torch::Tensor& weight) { return weight.dim() == 3; }

// after(x W^T + bias) + residual; x: rows x in. bias and residual may be undefined.
torch::Tensor row_product(const torch::Tensor& x, const torch::Tensor& panels, const torch::Tensor& bias, After after,
                          const torch::Tensor& residual = {});

}  // namespace strop
