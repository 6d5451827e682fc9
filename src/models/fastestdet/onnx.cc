// The blocks of FastestDet and its decoding as nodes of an ONNX graph.
#include <torch/types.h>

#include "models/fastestdet/blocks.h"
#include "models/fastestdet/detector.h"
#include "nn/onnx_layers.h"

namespace strop {
namespace fastestdet {

using onnx::Graph, onnx::Value;

void Stem::export_to(Graph& graph) const {
  graph.set("features", onnx::max_pool(graph, onnx::conv_unit(graph, conv_, graph.at("pixels")), 3, 2));
}

void Shuffle::export_to(Graph& graph) const {
  const auto x = graph.at(from_);
  Value beside, main = x;
  if (projection_) {
    beside = onnx::conv_unit(graph, projection_->pointwise, onnx::conv_unit(graph, projection_->depthwise, x));
  } else {
    beside = onnx::every_second(graph, x, 1, 0);
    main = onnx::every_second(graph, x, 1, 1);
  }
  const auto inner = onnx::conv_unit(graph, depthwise_, onnx::conv_unit(graph, expand_, main));
  const auto branch = onnx::conv_unit(graph, project_, inner);
  graph.set(to_, onnx::joined(graph, {beside, branch}, 1));
}

void SpatialPyramid::export_to(Graph& graph) const {
  const auto middle = graph.at("c4");
  const auto fine = onnx::average_pool(graph, graph.at("c3"), 3, 2);
  const auto coarse = onnx::twice_as_wide(graph, graph.at("c5"));
  const auto x = onnx::conv_unit(graph, narrow_, onnx::joined(graph, {fine, middle, coarse}, 1));
  std::vector<Value> seen;
  for (const auto& branch : branches_) {
    auto y = x;
    for (const auto& unit : branch) y = onnx::conv_unit(graph, *unit, y);
    seen.push_back(y);
  }
  graph.set("features", onnx::conv_unit(graph, join_, onnx::joined(graph, seen, 1), x));
}

void Branch::export_to(Graph& graph) const {
  const auto x = onnx::conv_unit(graph, first_, graph.at("features"));
  std::vector<Value> all;
  for (const auto& answer : answers_) {
    all.push_back(onnx::conv_unit(graph, answer->say, onnx::conv_unit(graph, answer->look, x)));
  }
  graph.set(output_, onnx::joined(graph, all, 1));
}

}  // namespace fastestdet

onnx::Decoded FastestDetector::exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                                        std::int64_t classes) const {
  using namespace fastestdet;
  const auto length = side / kCell;
  // N x (1 + 4 + classes) x H x W -> N x places x (1 + 4 + classes).
  const auto rows =
      onnx::reshaped(graph, onnx::transposed(graph, raw, {0, 2, 3, 1}), {0, length * length, 5 + classes});
  std::vector<float> corners;
  for (std::int64_t place = 0; place < length * length; ++place) {
    corners.insert(corners.end(), {static_cast<float>(place % length), static_cast<float>(place / length)});
  }
  const auto corner = onnx::constant(graph, "corners", torch::tensor(corners).view({1, -1, 2}));
  const auto moved = onnx::sum(graph, graph.node("Tanh", {onnx::slice(graph, rows, 2, 1, 3)}), corner);
  const auto middle = graph.node("Mul", {moved, graph.scalar(static_cast<float>(kCell))});
  const auto share = graph.node("Sigmoid", {onnx::slice(graph, rows, 2, 3, 5)});
  const auto object = graph.node("Sigmoid", {onnx::slice(graph, rows, 2, 0, 1)});
  const auto kinds = graph.node("Softmax", {onnx::slice(graph, rows, 2, 5)}, {{"axis", std::int64_t{2}}});
  const auto power = [&](const onnx::Value& x, double exponent) {
    return graph.node("Pow", {x, graph.scalar(static_cast<float>(exponent))});
  };
  return {onnx::corner_boxes(graph, middle, graph.node("Mul", {share, graph.scalar(static_cast<float>(side))})),
          graph.node("Mul", {power(object, kObjectPower), power(kinds, kClassPower)}), length * length};
}

}  // namespace strop
