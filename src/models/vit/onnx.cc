// The blocks of a vision transformer's row as nodes of an ONNX graph. Tokens: N x tokens x width.
#include <torch/types.h>

#include <cmath>

#include "models/vit/blocks.h"
#include "nn/onnx_layers.h"

namespace strop::vit {

using onnx::Value;
using torch::Tensor;

namespace {

// The mean of the tokens from number `first` on: N x width.
Value mean_of_tokens(onnx::Graph& graph, const Value& tokens, std::int64_t first) {
  return graph.node("ReduceMean", {onnx::slice(graph, tokens, 1, first)},
                    {{"axes", onnx::Integers{1}}, {"keepdims", std::int64_t{0}}});
}

// softmax(q k^T / sqrt(d)) v for each head.
Value attended(onnx::Graph& graph, const Value& q, const Value& k, const Value& v, std::int64_t heads, std::int64_t d) {
  const auto by_head = [&](const Value& x, const onnx::Integers& order) {
    return onnx::transposed(graph, onnx::reshaped(graph, x, {0, 0, heads, d}), order);
  };
  const auto queries = by_head(q, {0, 2, 1, 3}), keys = by_head(k, {0, 2, 3, 1}), values = by_head(v, {0, 2, 1, 3});
  const auto scale = graph.scalar(1 / std::sqrt(static_cast<float>(d)));
  const auto scores = graph.node("Mul", {graph.node("MatMul", {queries, keys}), scale});
  const auto shares = graph.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const auto context = onnx::transposed(graph, graph.node("MatMul", {shares, values}), {0, 2, 1, 3});
  return onnx::reshaped(graph, context, {0, 0, heads * d});
}

}  // namespace

// The position table is that of the pictures' size, which the graph fixes.
void Embeddings::export_to(onnx::Graph& graph) const {
  const ConvShape shape = {
      .in = dims_.channels, .out = dims_.width, .kernel = dims_.patch, .stride = dims_.patch, .pad = Pad::none};
  const auto patches = onnx::convolution(graph, shape, {projection_.weight, projection_.bias}, graph.at("pixels"));
  const auto rows = onnx::transposed(graph, onnx::reshaped(graph, patches, {0, dims_.width, -1}), {0, 2, 1});
  const auto places = onnx::constant(graph, "positions", positions(patches.height, patches.width));
  const auto tokens = onnx::sum(graph, rows, places);
  const auto samples = graph.node("Shape", {tokens}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}});
  const auto each = graph.integers({dims_.prefix(), dims_.width});
  const auto size = graph.node("Concat", {samples, each}, {{"axis", std::int64_t{0}}});
  const auto before = graph.node("Expand", {onnx::constant(graph, "first", first_tokens(torch::kFloat)), size});
  graph.set("hidden", graph.node("Concat", {before, tokens}, {{"axis", std::int64_t{1}}}));
}

void EncoderLayer::export_to(onnx::Graph& graph) const {
  const auto first_rows = [&](const Value& x) { return kept_ > 0 ? onnx::slice(graph, x, 1, 0, kept_) : x; };
  // Query (0), key (1) or value (2).
  const auto projected = [&](std::size_t which, const Value& x) {
    if (projections_.size() == 3) return onnx::product(graph, *projections_[which], x);
    const auto& all = *projections_[0];
    const auto row = static_cast<std::int64_t>(which) * dims_.width;
    const Tensor bias = all.has_bias() ? all.bias.narrow(0, row, dims_.width) : Tensor();
    return onnx::product(graph, Parameters{all.weight.narrow(0, row, dims_.width), bias}, x);
  };
  const auto scaled = [&](const Layer& scale, const Value& x) {
    return dims_.layer_scale ? graph.node("Mul", {x, onnx::constant(graph, "scale", scale.weight)}) : x;
  };
  const auto x = graph.at("hidden");
  const auto normed = onnx::layer_norm(graph, norm1_, x);
  const auto query = projected(0, first_rows(normed)), key = projected(1, normed), value = projected(2, normed);
  const auto context = attended(graph, query, key, value, dims_.heads, dims_.width / dims_.heads);
  const auto sum = onnx::sum(graph, scaled(scale1_, onnx::product(graph, out_, context)), first_rows(x));
  const auto up = onnx::gelu(graph, onnx::product(graph, up_, onnx::layer_norm(graph, norm2_, sum)));
  auto out = onnx::sum(graph, sum, scaled(scale2_, onnx::product(graph, down_, up)));
  if (mid_) {
    const auto pixels = graph.at("pixels");
    const Tensor sides = torch::tensor({{static_cast<float>(pixels.width), static_cast<float>(pixels.height)}});
    out = onnx::sum(graph, out, onnx::constant(graph, "mid_positions", mid_->behind(layer_, sides)));
  }
  graph.set("hidden", out);
}

void Pooler::export_to(onnx::Graph& graph) const {
  const auto hidden = graph.at("hidden");
  if (dims_.pooling == Pooling::mean) {
    graph.set("pooled", onnx::layer_norm(graph, norm_, mean_of_tokens(graph, hidden, dims_.prefix())));
    return;
  }
  auto normed = onnx::layer_norm(graph, norm_, hidden);
  if (dims_.pooling == Pooling::first_and_mean) {
    const auto first = onnx::reshaped(graph, onnx::slice(graph, normed, 1, 0, 1), {0, dims_.width});
    const auto mean = mean_of_tokens(graph, normed, dims_.prefix());
    graph.set("pooled", graph.node("Concat", {first, mean}, {{"axis", std::int64_t{1}}}));
    return;
  }
  // The last layer has left the tokens that are read.
  graph.set("pooled", onnx::reshaped(graph, normed, {0, dims_.pooled()}));
}

void TwoClassifiers::export_to(onnx::Graph& graph) const {
  const auto pooled = graph.at("pooled");
  const auto first = onnx::product(graph, head_, onnx::slice(graph, pooled, 1, 0, head_.in()));
  const auto second = onnx::product(graph, distillation_head_, onnx::slice(graph, pooled, 1, head_.in()));
  graph.set("logits", graph.node("Mul", {onnx::sum(graph, first, second), graph.scalar(0.5F)}));
}

}  // namespace strop::vit
