// Layers as nodes of an ONNX graph: what blocks draw themselves with (Block::export_to).
//
// In fp32, without dropout; adapters are merged before (tuning/apply.h). Parity with the layers themselves:
// tests/interop/test_export.py.
#pragma once

#include <optional>

#include "nn/conv_unit.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "onnx/graph.h"

namespace strop::onnx {

// An fp32 tensor, shared with the graph where it lies densely.
Value constant(Graph& graph, const std::string& name, const torch::Tensor& tensor);

// Pictures: N x C x H x W.
Value convolution(Graph& graph, const ConvShape& shape, const Parameters& parameters, const Value& x);
// act(norm(conv(x)) + residual), the norm folded into the convolution.
Value conv_unit(Graph& graph, const ConvUnit& unit, const Value& x);
Value conv_unit(Graph& graph, const ConvUnit& unit, const Value& x, const Value& residual);
// Of windows of kernel x kernel, kernel an odd number, padded by half of it (average: with zeros, which count).
Value max_pool(Graph& graph, const Value& x, std::int64_t kernel, std::int64_t stride);
Value average_pool(Graph& graph, const Value& x, std::int64_t kernel, std::int64_t stride);
// Each pixel twice in both directions.
Value twice_as_wide(Graph& graph, const Value& x);
// Over the picture: N x C x 1 x 1.
Value mean_of(Graph& graph, const Value& x);
// The same without the last two dimensions.
Value pooled_mean(Graph& graph, const Value& x);

// Over the last dimension.
Value product(Graph& graph, const Parameters& parameters, const Value& x);
Value product(Graph& graph, const Linear& layer, const Value& x);
Value layer_norm(Graph& graph, const LayerNorm& norm, const Value& x);

Value activated(Graph& graph, Activation activation, const Value& x);
Value gelu(Graph& graph, const Value& x);  // by erf

Value sum(Graph& graph, const Value& a, const Value& b);
Value joined(Graph& graph, const std::vector<Value>& parts, std::int64_t dimension);
Value transposed(Graph& graph, const Value& x, const Integers& order);
// 0 keeps a dimension, -1 is what is left for it.
Value reshaped(Graph& graph, const Value& x, const Integers& shape);
// Numbers begin .. end - 1 of a dimension; the rest of it without `end`.
Value slice(Graph& graph, const Value& x, std::int64_t dimension, std::int64_t begin,
            std::optional<std::int64_t> end = std::nullopt);
// Numbers begin, begin + 2 ... of a dimension.
Value every_second(Graph& graph, const Value& x, std::int64_t dimension, std::int64_t begin);

// N x boxes x 4, left, top, width and height, of N x boxes x 2 each.
Value corner_boxes(Graph& graph, const Value& middle, const Value& size);

}  // namespace strop::onnx
