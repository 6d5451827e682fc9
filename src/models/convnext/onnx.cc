// The blocks of a ConvNeXt row as nodes of an ONNX graph.
#include <torch/types.h>

#include "models/convnext/blocks.h"
#include "nn/onnx_layers.h"

namespace strop::convnext {

using onnx::Value;

namespace {

// Channels last, as norms and linear layers read them, and back.
Value channels_last(onnx::Graph& graph, const Value& x) { return onnx::transposed(graph, x, {0, 2, 3, 1}); }
Value channels_first(onnx::Graph& graph, const Value& x) { return onnx::transposed(graph, x, {0, 3, 1, 2}); }

Value normed(onnx::Graph& graph, const LayerNorm& norm, const Value& features) {
  return channels_first(graph, onnx::layer_norm(graph, norm, channels_last(graph, features)));
}

}  // namespace

void Stem::export_to(onnx::Graph& graph) const {
  graph.set("features", normed(graph, norm_, onnx::conv_unit(graph, conv_, graph.at("pixels"))));
}

void Downsampling::export_to(onnx::Graph& graph) const {
  graph.set("features", onnx::conv_unit(graph, conv_, normed(graph, norm_, graph.at("features"))));
}

void Layer::export_to(onnx::Graph& graph) const {
  const auto x = graph.at("features");
  const auto filtered = onnx::conv_unit(graph, depthwise_, x);
  Value out;
  if (dims_.conv_mlp) {
    out = onnx::conv_unit(graph, *down_conv_, onnx::conv_unit(graph, *up_conv_, normed(graph, norm_, filtered)));
  } else {
    const auto rows = onnx::layer_norm(graph, norm_, channels_last(graph, filtered));
    const auto up = onnx::gelu(graph, onnx::product(graph, *up_, rows));
    out = channels_first(graph, onnx::product(graph, *down_, up));
  }
  if (dims_.scaled) out = graph.node("Mul", {out, onnx::constant(graph, "scale", scale_.weight.view({-1, 1, 1}))});
  graph.set("features", onnx::sum(graph, x, out));
}

void Pooler::export_to(onnx::Graph& graph) const {
  graph.set("pooled", onnx::layer_norm(graph, norm_, onnx::pooled_mean(graph, graph.at("features"))));
}

}  // namespace strop::convnext
