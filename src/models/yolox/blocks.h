// The blocks of YOLOX. State: pixels -> features -> c3, c4, c5 (strides 8, 16, 32) -> n3, n4, n5 (behind the neck) ->
// s3, s4, s5 (behind the head's stems) -> outputs.
#pragma once

#include "models/yolox/row.h"
#include "models/yolox/units.h"
#include "nn/block.h"

namespace strop::yolox {

// "n3": the map of stride 8 << level.
std::string level_name(const char* letter, std::size_t level);

class YoloxBlock : public Block {
 public:
  using Block::Block;
  double multiply_adds(double) const override { return multiply_adds_; }

 protected:
  AddLayer adder() {
    return [this](const std::string& name, Layer& layer) { add_layer(name, layer); };
  }
  double multiply_adds_ = 0;
};

// Each 2 x 2 pixels become one of 12 channels (left top, left bottom, right top, right bottom), then a convolution.
class Stem : public YoloxBlock {
 public:
  Stem(const Row& row, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  Conv conv_;
};

// dark2 .. dark5: half the side, twice the channels.
class Stage : public YoloxBlock {
 public:
  Stage(const Row& row, std::int64_t number, std::int64_t index);
  std::vector<std::string> reads() const override { return {from_}; }
  std::vector<Port> writes() const override { return {{to_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  std::string from_, to_;
  Conv down_;
  std::optional<SpatialPyramid> pyramid_;
  CspLayer csp_;
};

// One step of the neck down to finer maps: `top` is the coarser map narrowed, and joined, twice as wide, to the finer
// one.
class TopDown : public YoloxBlock {
 public:
  // level 1 joins c5 to c4, level 0 what came of that to c3.
  TopDown(const Row& row, std::size_t level, std::int64_t index);
  std::vector<std::string> reads() const override { return {coarse_, fine_}; }
  std::vector<Port> writes() const override { return {{top_, Rows::sample}, {to_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  std::string coarse_, fine_, top_, to_;
  Conv narrow_;
  CspLayer csp_;
};

// One step of the neck up to coarser maps.
class BottomUp : public YoloxBlock {
 public:
  // level 1 makes n4 of n3, level 2 n5 of n4.
  BottomUp(const Row& row, std::size_t level, std::int64_t index);
  std::vector<std::string> reads() const override { return {fine_, top_}; }
  std::vector<Port> writes() const override { return {{to_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  std::string fine_, top_, to_;
  Conv down_;
  CspLayer csp_;
};

// The head's first convolution on each map.
class Stems : public YoloxBlock {
 public:
  Stems(const Row& row, std::int64_t index);
  std::vector<std::string> reads() const override { return {"n3", "n4", "n5"}; }
  std::vector<Port> writes() const override {
    return {{"s3", Rows::sample}, {"s4", Rows::sample}, {"s5", Rows::sample}};
  }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  std::vector<std::unique_ptr<Conv>> convs_;
};

// What is predicted of one group of classes: its own convolutions and its own boxes, objectness and classes. Writes
// N x anchors x (4 + 1 + classes) raw numbers in fp32, the anchors of stride 8 first, row by row.
class Branch : public YoloxBlock {
 public:
  // `name`: of the block, and before its layers' names ("head", "increments.0").
  Branch(const Row& row, const std::string& name, std::string output, std::int64_t classes, std::int64_t index);
  std::vector<std::string> reads() const override { return {"s3", "s4", "s5"}; }
  std::vector<Port> writes() const override { return {{output_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;

 private:
  // Of one map.
  struct Level {
    Conv class1, class2, box1, box2;
    ConvUnit classes, boxes, objects;
    Level(std::int64_t hidden, std::int64_t count, bool depthwise);
  };
  std::string output_;
  std::vector<std::unique_ptr<Level>> levels_;
};

}  // namespace strop::yolox
