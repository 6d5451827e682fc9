// The blocks of YOLOS behind its layers (vit/onnx.cc) and its decoding as nodes of an ONNX graph.
#include "models/yolos/blocks.h"
#include "models/yolos/detector.h"
#include "nn/onnx_layers.h"

namespace strop {
namespace yolos {

using onnx::Graph, onnx::Value;

void Queries::export_to(Graph& graph) const {
  graph.set("queries", onnx::layer_norm(graph, norm_, graph.at("hidden")));
}

void Heads::export_to(Graph& graph) const {
  const auto answer = [&](const Perceptron& layers) {
    auto x = graph.at("queries");
    for (const auto& layer : layers) {
      x = onnx::product(graph, *layer, x);
      if (layer != layers.back()) x = onnx::activated(graph, Activation::relu, x);
    }
    return x;
  };
  graph.set(output_, onnx::joined(graph, {graph.node("Sigmoid", {answer(boxes_)}), answer(classes_)}, 2));
}

}  // namespace yolos

onnx::Decoded YolosDetector::exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                                      std::int64_t classes) const {
  const auto sides = graph.scalar(static_cast<float>(side));
  const auto middle = graph.node("Mul", {onnx::slice(graph, raw, 2, 0, 2), sides});
  const auto size = graph.node("Mul", {onnx::slice(graph, raw, 2, 2, 4), sides});
  const auto shares = graph.node("Softmax", {onnx::slice(graph, raw, 2, 4)}, {{"axis", std::int64_t{2}}});
  return {onnx::corner_boxes(graph, middle, size), onnx::slice(graph, shares, 2, 0, classes), queries_};
}

}  // namespace strop
