// A classifier's blocks as the backbone of a detector: every block up to its last map, and a tap behind the last one of
// each of the strides 8, 16 and 32, where the map stays in the state under a name of its own.
#pragma once

#include <array>
#include <memory>

#include "models/model.h"
#include "nn/block.h"
#include "onnx/graph.h"

namespace strop {

inline constexpr std::array<const char*, 3> kTapNames = {"c3", "c4", "c5"};  // of strides 8, 16, 32

// Writes "features" under another name. Costs nothing.
class Tap : public Block {
 public:
  Tap(std::string target, std::int64_t index) : Block("tap." + target, index), target_(std::move(target)) {}
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{target_, Rows::sample}}; }
  void forward(State& state, const Pass&) const override { state.set(target_, state.at("features")); }
  void export_to(onnx::Graph& graph) const override { graph.set(target_, graph.at("features")); }
  double multiply_adds(double) const override { return 0; }

 private:
  std::string target_;
};

// Moves the blocks into `detector`. Returns the channels of the three maps. Error(model): the classifier (named
// `family` in the message) keeps no maps of these strides, as vision transformers do.
std::array<std::int64_t, 3> add_backbone(Model& detector, std::unique_ptr<Model> classifier);

}  // namespace strop
