// Convolution, batch norm, activation: the piece that convolutional networks are made of.
//
// act(norm(conv(x)) + residual). A batch norm whose statistics stay is folded into the weights and so costs nothing on
// the pictures: once, and kept until one of the tensors changes, where nothing trains; in the graph, on the side of the
// weights, where they or an adapter do. One that learns them (BatchNorm2d::momentum) normalises each training batch by
// its own. Parity with the unfolded form: tests/nn/conv_test.cc; with PyTorch's training mode:
// tests/nn/batch_statistics_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "nn/conv_product.h"
#include "nn/pass.h"

namespace strop {

class ConvUnit {
 public:
  // Without norm_eps: no batch norm, and then a bias of the convolution where `has_bias`.
  ConvUnit(const ConvShape& shape, Activation activation, std::optional<double> norm_eps, bool has_bias = false);

  // x: N x in x H x W; comes in any precision and layout, the result is channels-last in the pass's precision. residual
  // (of the result's size) is added before the activation.
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass, const torch::Tensor& residual = {}) const;

  Conv2d& conv() { return conv_; }
  BatchNorm2d* norm() { return norm_.get(); }
  const Conv2d& conv() const { return conv_; }
  Activation activation() const { return activation_; }
  // Nothing trains or adapts it in this thread's grad mode: the batch norm may be folded in for good.
  bool rests() const;
  // This pass normalises by the batch and moves the norm's statistics: nothing may be folded.
  bool learns_statistics(const Pass& pass) const;
  // Weight and bias with the batch norm folded in, fp32; `marks` tells whether they are still the same.
  Parameters folded_parameters() const;
  std::vector<TensorMark> marks() const;
  // For an input of height x width.
  double multiply_adds(double height, double width) const;

 private:
  const ConvWeight& folded(const torch::Tensor& x, torch::ScalarType precision) const;
  void estimate_norm(const torch::Tensor& x, const Pass& pass) const;
  torch::Tensor in_parts(const torch::Tensor& x, const Pass& pass, const torch::Tensor& residual) const;

  Conv2d conv_;
  std::unique_ptr<BatchNorm2d> norm_;
  Activation activation_;

  struct Kept {
    ConvWeight weight;
    std::vector<TensorMark> source;
    torch::ScalarType precision = torch::kFloat;
  };
  mutable Kept kept_;
};

}  // namespace strop
