// The blocks of a row of inverted residuals. State: pixels -> features (N x C x H x W, channels-last) -> pooled ->
// logits.
#pragma once

#include <optional>

#include "models/efficientnet/names.h"
#include "models/efficientnet/row.h"
#include "nn/block.h"
#include "nn/conv_unit.h"
#include "nn/linear.h"
#include "nn/one_pass.h"
#include "onnx/graph.h"

namespace strop::efficientnet {

// Height and width that a block's multiply-adds are counted for.
struct Sides {
  std::int64_t height, width;
  Sides after(const ConvShape& shape) const { return {shape.out_length(height), shape.out_length(width)}; }
};

// 3x3 convolution of stride 2. Reads pixels.
class Stem : public Block {
 public:
  Stem(const Row& row, const Names& names, Sides sides, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return multiply_adds_; }

 private:
  ConvUnit conv_;
  double multiply_adds_;
};

// x * gate(widen(act(reduce(mean of x)))).
class SqueezeExcite {
 public:
  SqueezeExcite(std::int64_t channels, std::int64_t squeezed, Activation activation, bool hard_gate);
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;
  onnx::Value exported(onnx::Graph& graph, const onnx::Value& x) const;
  ConvUnit& reduce() { return reduce_; }
  ConvUnit& widen() { return widen_; }

 private:
  ConvUnit reduce_, widen_;
  bool hard_gate_;
};

class InvertedResidual : public Block {
 public:
  InvertedResidual(const Row& row, std::size_t number, const Names& names, Sides sides, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return multiply_adds_; }

 private:
  bool residual_;
  std::optional<ConvUnit> expand_;
  ConvUnit depthwise_;
  std::optional<SqueezeExcite> squeeze_excite_;
  ConvUnit project_;
  OnePass one_pass_;
  double multiply_adds_;
};

// Last convolution, mean over the picture, and MobileNetV3's wide layer: writes pooled.
class Top : public Block {
 public:
  Top(const Row& row, const Names& names, Sides sides, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"pooled", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return multiply_adds_; }

 private:
  Activation activation_;
  ConvUnit conv_;
  std::optional<ConvUnit> wide_conv_;    // timm writes the wide layer as a 1x1 convolution,
  std::unique_ptr<Linear> wide_linear_;  // torchvision as a linear layer
  double multiply_adds_;
};

}  // namespace strop::efficientnet
