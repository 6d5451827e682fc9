// The blocks of a ResNet row. State: pixels -> features (N x C x H x W, channels-last) -> pooled -> logits.
#pragma once

#include <optional>

#include "models/resnet/names.h"
#include "models/resnet/row.h"
#include "nn/block.h"
#include "nn/conv_unit.h"

namespace strop::resnet {

// 7x7 convolution of stride 2 and 3x3 maximum of stride 2. Reads pixels.
class Stem : public Block {
 public:
  Stem(const Row& row, const Names& names, std::int64_t side, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return multiply_adds_; }

 private:
  ConvUnit conv_;
  double multiply_adds_;
};

// relu(units(x) + (x or its projection)). `side`: pixels of the input that multiply-adds are counted for.
class ResidualBlock : public Block {
 public:
  ResidualBlock(const Row& row, const Residual& one, const Names& names, std::int64_t side, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return multiply_adds_; }

 private:
  std::vector<std::unique_ptr<ConvUnit>> units_;
  std::optional<ConvUnit> shortcut_;
  double multiply_adds_ = 0;
};

// The mean over the picture: writes pooled. Holds no layer.
class Pool : public Block {
 public:
  explicit Pool(std::int64_t index) : Block("pool", index) {}
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"pooled", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return 0; }
};

}  // namespace strop::resnet
