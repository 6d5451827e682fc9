#include "models/picture_head.h"

#include <torch/types.h>

#include "nn/norm.h"
#include "nn/onnx_layers.h"

namespace strop {

PictureHead::PictureHead(const std::string& layer_name, std::int64_t width, std::int64_t labels, double dropout,
                         std::int64_t index)
    : Block("classifier", index), dropout_(dropout), dense_(width, labels) {
  add_layer(layer_name, dense_);
}

void PictureHead::forward(State& state, const Pass& pass) const {
  const auto pooled = dropout(state.at("pooled").to(torch::kFloat), {pass.rate(dropout_), pass.mask_key(index(), 0)});
  Pass full = pass;
  full.precision = torch::kFloat;  // a few thousand multiply-adds: no reason to round the logits
  state.set("logits", linear(dense_, pooled, full));
}

void PictureHead::export_to(onnx::Graph& graph) const {
  graph.set("logits", onnx::product(graph, dense_, graph.at("pooled")));
}

}  // namespace strop
