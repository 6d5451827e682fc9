// The blocks of YOLOX and its decoding as nodes of an ONNX graph.
#include <torch/types.h>

#include "models/yolox/blocks.h"
#include "models/yolox/detector.h"
#include "nn/onnx_layers.h"

namespace strop {
namespace yolox {

using onnx::Graph, onnx::Value;

Value Conv::exported(Graph& graph, const Value& x) const {
  return onnx::conv_unit(graph, conv_, depthwise_ ? onnx::conv_unit(graph, *depthwise_, x) : x);
}

Value Bottleneck::exported(Graph& graph, const Value& x) const {
  const auto y = conv2_.exported(graph, conv1_.exported(graph, x));
  return shortcut_ ? onnx::sum(graph, y, x) : y;
}

Value CspLayer::exported(Graph& graph, const Value& x) const {
  auto deep = conv1_.exported(graph, x);
  for (const auto& one : bottlenecks_) deep = one->exported(graph, deep);
  return conv3_.exported(graph, onnx::joined(graph, {deep, conv2_.exported(graph, x)}, 1));
}

Value SpatialPyramid::exported(Graph& graph, const Value& x) const {
  const auto widened = [&](const Value& map) { return onnx::max_pool(graph, map, 5, 1); };
  const auto own = conv1_.exported(graph, x), five = widened(own), nine = widened(five);
  return conv2_.exported(graph, onnx::joined(graph, {own, five, nine, widened(nine)}, 1));
}

void Stem::export_to(Graph& graph) const {
  const auto pixels = graph.at("pixels");
  const auto height = pixels.height / 2, width = pixels.width / 2;
  // Picture, channel, y, lower or upper, x, left or right -> picture, left or right, lower or upper, channel, y, x.
  const auto split = onnx::reshaped(graph, pixels, {0, 3, height, 2, width, 2});
  auto quarters = onnx::reshaped(graph, onnx::transposed(graph, split, {0, 5, 3, 1, 2, 4}), {0, 12, height, width});
  quarters.height = height;
  quarters.width = width;
  graph.set("features", conv_.exported(graph, quarters));
}

void Stage::export_to(Graph& graph) const {
  auto x = down_.exported(graph, graph.at(from_));
  if (pyramid_) x = pyramid_->exported(graph, x);
  graph.set(to_, csp_.exported(graph, x));
}

void TopDown::export_to(Graph& graph) const {
  const auto top = narrow_.exported(graph, graph.at(coarse_));
  graph.set(top_, top);
  graph.set(to_, csp_.exported(graph, onnx::joined(graph, {onnx::twice_as_wide(graph, top), graph.at(fine_)}, 1)));
}

void BottomUp::export_to(Graph& graph) const {
  const auto down = down_.exported(graph, graph.at(fine_));
  graph.set(to_, csp_.exported(graph, onnx::joined(graph, {down, graph.at(top_)}, 1)));
}

void Stems::export_to(Graph& graph) const {
  for (std::size_t level = 0; level < 3; ++level) {
    graph.set(level_name("s", level), convs_[level]->exported(graph, graph.at(level_name("n", level))));
  }
}

void Branch::export_to(Graph& graph) const {
  std::vector<Value> all;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& level = *levels_[i];
    const auto x = graph.at(level_name("s", i));
    const auto by_class = level.class2.exported(graph, level.class1.exported(graph, x));
    const auto by_box = level.box2.exported(graph, level.box1.exported(graph, x));
    const auto maps =
        onnx::joined(graph,
                     {onnx::conv_unit(graph, level.boxes, by_box), onnx::conv_unit(graph, level.objects, by_box),
                      onnx::conv_unit(graph, level.classes, by_class)},
                     1);
    const auto numbers = 5 + level.classes.conv().conv().out;
    all.push_back(onnx::reshaped(graph, onnx::transposed(graph, maps, {0, 2, 3, 1}), {0, x.height * x.width, numbers}));
  }
  graph.set(output_, onnx::joined(graph, all, 1));
}

}  // namespace yolox

onnx::Decoded YoloxDetector::exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                                      std::int64_t) const {
  const auto anchors = square_anchors(side * side * 21 / 1024);
  std::vector<float> corners, strides;
  for (const auto& anchor : anchors) {
    corners.insert(corners.end(), {static_cast<float>(anchor.x), static_cast<float>(anchor.y)});
    strides.push_back(static_cast<float>(anchor.stride));
  }
  const auto corner = onnx::constant(graph, "corners", torch::tensor(corners).view({1, -1, 2}));
  const auto stride = onnx::constant(graph, "strides", torch::tensor(strides).view({1, -1, 1}));
  const auto middle = onnx::sum(graph, graph.node("Mul", {onnx::slice(graph, raw, 2, 0, 2), stride}), corner);
  const auto size = graph.node("Mul", {graph.node("Exp", {onnx::slice(graph, raw, 2, 2, 4)}), stride});
  const auto object = graph.node("Sigmoid", {onnx::slice(graph, raw, 2, 4, 5)});
  const auto classes = graph.node("Sigmoid", {onnx::slice(graph, raw, 2, 5)});
  return {onnx::corner_boxes(graph, middle, size), graph.node("Mul", {object, classes}),
          static_cast<std::int64_t>(anchors.size())};
}

}  // namespace strop
