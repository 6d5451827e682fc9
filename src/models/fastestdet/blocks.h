// The blocks of FastestDet. State: pixels -> features -> c3, c4, c5 (strides 8, 16, 32) -> features (of all three, at
// stride 16) -> outputs.
//
// Facts: ShuffleNetV2 (arXiv 1807.11164) and upstream's released file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/fastestdet/row.h"
#include "nn/block.h"
#include "nn/conv_unit.h"
#include "nn/one_pass.h"

namespace strop::fastestdet {

class FastestBlock : public Block {
 public:
  using Block::Block;
  double multiply_adds(double) const override { return multiply_adds_; }

 protected:
  // Convolution number `place` of the sequence `name`, its norm behind it; counted on an input of `side`.
  void add_unit(const std::string& name, int place, ConvUnit& unit, std::int64_t side);

 private:
  double multiply_adds_ = 0;
};

// 3x3 convolution and maximum, both of stride 2.
class Stem : public FastestBlock {
 public:
  Stem(const Row& row, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  ConvUnit conv_;
};

// The first of a stage halves the side: two branches over all channels, side by side. The others shuffle first: the
// even channels pass, the odd ones go through a branch and stand behind them.
class Shuffle : public FastestBlock {
 public:
  // stage: 2 .. 4; place: in it, from 0.
  Shuffle(const Row& row, std::int64_t stage, std::int64_t place, std::int64_t index);
  std::vector<std::string> reads() const override { return {from_}; }
  std::vector<Port> writes() const override { return {{to_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  // Channels that the branch reads, computes with and leaves.
  struct Width {
    std::int64_t in, mid, out, stride;
  };
  static Width width_of(const Row& row, std::int64_t stage, std::int64_t place);
  struct Projection {
    explicit Projection(const Width& width);
    ConvUnit depthwise, pointwise;
    OnePass one_pass;
  };

  Width width_;
  std::string from_, to_;
  ConvUnit expand_, depthwise_, project_;
  OnePass one_pass_;
  std::optional<Projection> projection_;
};

// The three maps joined at stride 16, narrowed, and seen through one, two and three 5x5 convolutions.
class SpatialPyramid : public FastestBlock {
 public:
  SpatialPyramid(const Row& row, std::int64_t index);
  std::vector<std::string> reads() const override { return {"c3", "c4", "c5"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  ConvUnit narrow_, join_;
  std::vector<std::vector<std::unique_ptr<ConvUnit>>> branches_;
};

// What is predicted of one group of classes: N x (1 + 4 + classes) x H x W raw numbers in fp32, of objectness, box and
// classes. An increment has all that the file's own head has, its first convolution included.
class Branch : public FastestBlock {
 public:
  // `name`: of the block, and before its layers' names ("detect_head", "increments.0").
  Branch(const Row& row, const std::string& name, std::string output, std::int64_t classes, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{output_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  struct Answer {
    Answer(std::int64_t width, std::int64_t out);
    ConvUnit look, say;
  };
  std::string output_;
  ConvUnit first_;
  std::vector<std::unique_ptr<Answer>> answers_;  // objectness, box, classes
};

}  // namespace strop::fastestdet
