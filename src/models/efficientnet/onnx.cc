// The blocks of a row of inverted residuals as nodes of an ONNX graph.
#include "models/efficientnet/blocks.h"
#include "nn/onnx_layers.h"

namespace strop::efficientnet {

void Stem::export_to(onnx::Graph& graph) const {
  graph.set("features", onnx::conv_unit(graph, conv_, graph.at("pixels")));
}

onnx::Value SqueezeExcite::exported(onnx::Graph& graph, const onnx::Value& x) const {
  const auto z = onnx::conv_unit(graph, widen_, onnx::conv_unit(graph, reduce_, onnx::mean_of(graph, x)));
  const auto gate =
      hard_gate_ ? graph.node("HardSigmoid", {z}, {{"alpha", 1.0F / 6}, {"beta", 0.5F}}) : graph.node("Sigmoid", {z});
  return graph.node("Mul", {x, gate});
}

void InvertedResidual::export_to(onnx::Graph& graph) const {
  const auto x = graph.at("features");
  auto wide = onnx::conv_unit(graph, depthwise_, expand_ ? onnx::conv_unit(graph, *expand_, x) : x);
  if (squeeze_excite_) wide = squeeze_excite_->exported(graph, wide);
  graph.set("features", residual_ ? onnx::conv_unit(graph, project_, wide, x) : onnx::conv_unit(graph, project_, wide));
}

void Top::export_to(onnx::Graph& graph) const {
  const auto features = onnx::conv_unit(graph, conv_, graph.at("features"));
  if (wide_conv_) {
    const auto wide = onnx::conv_unit(graph, *wide_conv_, onnx::mean_of(graph, features));
    graph.set("pooled", onnx::reshaped(graph, wide, {0, -1}));
    return;
  }
  auto pooled = onnx::pooled_mean(graph, features);
  if (wide_linear_) pooled = onnx::activated(graph, activation_, onnx::product(graph, *wide_linear_, pooled));
  graph.set("pooled", pooled);
}

}  // namespace strop::efficientnet
