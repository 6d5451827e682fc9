// Weights that do not train, in the form that products read fastest.
//
// On a CPU: reordered once, one copy for x W^T and, once a gradient is asked for, one for g W. Into panels for strop's
// own product where that is the fastest (row_product.h), else into oneDNN's blocked layout: at 768 rows on 2 cores of
// Zen 4 that is 1.1-1.4 times MKL's rate in fp32 and 1.04 times the plain oneDNN rate in bf16. Elsewhere (other
// devices, bf16 without hardware for it) the plain tensors.
// Memory: out x in numbers of the precision for each of the two.
#pragma once

#include <torch/types.h>

#include <vector>

#include "nn/layer.h"
#include "nn/row_product.h"

namespace strop {

class FrozenWeight {
 public:
  // Takes the weights and biases of `layers` (all of one input width), one below the other, in `precision`; keeps each
  // until one of its tensors changes, so that a bias that trains costs no reordering of its weight. A layer without
  // bias counts as zeros where another has one. `with_backward`: backward() will be asked for too, so that the weights
  // are read once for both.
  void take(const std::vector<const Layer*>& layers, torch::ScalarType precision, bool with_backward = false);

  const torch::Tensor& forward() const { return forward_; }  // for product_of(x, forward(), bias()): x W^T + b
  const torch::Tensor& bias() const { return bias_; }        // undefined where no layer has one
  const torch::Tensor& backward();                           // for product_of(g, backward()): g W

 private:
  torch::Tensor forward_, backward_, bias_;
  std::vector<TensorMark> weight_source_, bias_source_;
  std::vector<const Layer*> layers_;
  torch::ScalarType precision_ = torch::kFloat;

  void take_weights(const std::vector<const Layer*>& layers, bool with_backward);
  void take_biases(const std::vector<const Layer*>& layers);
};

// True where oneDNN computes with weights like this one: on a CPU, in fp32, or in bf16 where the processor can.
bool onednn_computes(const torch::Tensor& weight);

// x: rows x in. `weight` as a FrozenWeight hands it out. No graph is made.
torch::Tensor product_of(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias = {},
                         After after = After::nothing);
// other + product, in one pass.
torch::Tensor product_plus(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const torch::Tensor& other);

}  // namespace strop
