// Linear layers that read the same input, computed together.
//
// One product for all of them where their weights are frozen (q, k and v of an attention), with plain low-rank adapters
// fused in: neither the adapted output nor the frozen input is stored twice, and the gradient of x is one product over
// the joint weight plus a thin one. Biases may train beside frozen weights: a sum of columns each. Parity:
// tests/nn/linear_test.cc against autograd of the unfused form, and by numerical gradient.
#pragma once

#include <vector>

#include "nn/frozen_weight.h"
#include "nn/layer.h"
#include "nn/pass.h"

namespace strop {

class Linear : public Layer {
 public:
  Linear(std::int64_t in, std::int64_t out, bool has_bias = true, std::string weight_suffix = ".weight")
      : Layer(LayerKind::linear, {out, in}, has_bias, std::move(weight_suffix)) {}
  std::int64_t in() const { return shape()[1]; }
  std::int64_t out() const { return shape()[0]; }
  // The weight of this layer's product where that is all that it computes; null where it trains or has an adapter.
  FrozenWeight* plain_weight(const Pass& pass) const;

 private:
  friend class LinearGroup;
  mutable FrozenWeight frozen_;  // for products of this layer alone
};

class LinearGroup {
 public:
  explicit LinearGroup(std::vector<const Linear*> members) : members_(std::move(members)) {}
  // x: rows x in, in the pass's precision. Returns rows x (sum of out): the members' results side by side.
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;

 private:
  torch::Tensor frozen_forward(const torch::Tensor& x, const Pass& pass) const;
  torch::Tensor trained_forward(const torch::Tensor& x, const Pass& pass) const;

  std::vector<const Linear*> members_;
  mutable FrozenWeight frozen_;  // of all members
};

// One layer alone.
torch::Tensor linear(const Linear& layer, const torch::Tensor& x, const Pass& pass);
// A transformer's MLP, down(GELU(up(x))) by erf, plus residual where that is given: each product one pass over memory
// where it is frozen and no graph is made; where `down` trains, the wide tensor is not kept (bias_gelu.h).
torch::Tensor gelu_mlp(const Linear& up, const Linear& down, const torch::Tensor& x, const Pass& pass,
                       const torch::Tensor& residual = {});

}  // namespace strop
