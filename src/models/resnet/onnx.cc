// The blocks of a ResNet row as nodes of an ONNX graph.
#include "models/resnet/blocks.h"
#include "nn/onnx_layers.h"

namespace strop::resnet {

void Stem::export_to(onnx::Graph& graph) const {
  graph.set("features", onnx::max_pool(graph, onnx::conv_unit(graph, conv_, graph.at("pixels")), 3, 2));
}

void ResidualBlock::export_to(onnx::Graph& graph) const {
  const auto x = graph.at("features");
  auto y = x;
  for (std::size_t i = 0; i + 1 < units_.size(); ++i) y = onnx::conv_unit(graph, *units_[i], y);
  const auto residual = shortcut_ ? onnx::conv_unit(graph, *shortcut_, x) : x;
  graph.set("features", onnx::conv_unit(graph, *units_.back(), y, residual));
}

void Pool::export_to(onnx::Graph& graph) const { graph.set("pooled", onnx::pooled_mean(graph, graph.at("features"))); }

}  // namespace strop::resnet
