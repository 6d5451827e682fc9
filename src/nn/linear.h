// Linear layers that read the same input, computed together.
//
// One product for all of them where their weights are frozen (q, k and v of an attention), with plain low-rank adapters
// fused in: neither the adapted output nor the frozen input is stored twice, and the gradient of x is one product over
// the joint weight plus a thin one. Parity: tests/nn/linear_test.cc against autograd of the unfused form, and by
// numerical gradient.
#pragma once

#include <vector>

#include "nn/layer.h"
#include "nn/pass.h"

namespace strop {

class Linear : public Layer {
 public:
  Linear(std::int64_t in, std::int64_t out, bool has_bias = true) : Layer(LayerKind::linear, {out, in}, has_bias) {}
  std::int64_t in() const { return shape()[1]; }
  std::int64_t out() const { return shape()[0]; }
};

class LinearGroup {
 public:
  explicit LinearGroup(std::vector<const Linear*> members) : members_(std::move(members)) {}
  // x: rows x in, in the pass's precision. Returns one rows x out_i tensor a member; they may be views of one tensor
  // (strided), so use them with strides or make them contiguous.
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const Pass& pass) const;

 private:
  std::vector<torch::Tensor> frozen_forward(const torch::Tensor& x, const Pass& pass) const;
  const torch::Tensor& joint_weight(torch::ScalarType precision) const;
  const torch::Tensor& joint_bias(torch::ScalarType precision) const;

  std::vector<const Linear*> members_;
  // Frozen weights of all members, one below the other; rebuilt when a member's weight has changed.
  mutable torch::Tensor joint_weight_, joint_bias_;
  mutable std::vector<TensorMark> joint_source_;
};

// One layer alone.
torch::Tensor linear(const Linear& layer, const torch::Tensor& x, const Pass& pass);

}  // namespace strop
