// What YOLOX is made of: convolutions with batch norm and SiLU, and the layers put together from them.
//
// Facts: YOLOX (arXiv 2107.08430) and its released files. Sides are those of square maps.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/one_pass.h"
#include "onnx/graph.h"

namespace strop::yolox {

// Batch norms of the released networks; the library's own default (1e-5) gives other outputs.
inline constexpr double kEps = 1e-3;

using AddLayer = std::function<void(const std::string& name, Layer& layer)>;
// Names a unit's convolution NAME.conv and its norm NAME.bn.
void add_unit(const AddLayer& add, const std::string& name, ConvUnit& unit);

// One convolution, or a depthwise one (NAME.dconv) and a product at each pixel (NAME.pconv).
class Conv {
 public:
  Conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1, bool depthwise = false);
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;
  onnx::Value exported(onnx::Graph& graph, const onnx::Value& x) const;
  void add_to(const AddLayer& add, const std::string& name);
  double multiply_adds(std::int64_t side) const;                  // of the input
  const ConvUnit* depthwise() const { return depthwise_.get(); }  // null: there is none
  const ConvUnit& conv() const { return conv_; }

 private:
  std::unique_ptr<ConvUnit> depthwise_;
  ConvUnit conv_;
  OnePass one_pass_;
};

// conv2(conv1(x)), plus x where it is a shortcut.
class Bottleneck {
 public:
  Bottleneck(std::int64_t channels, bool shortcut, bool depthwise);
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;
  onnx::Value exported(onnx::Graph& graph, const onnx::Value& x) const;
  void add_to(const AddLayer& add, const std::string& name);
  double multiply_adds(std::int64_t side) const;

 private:
  Conv conv1_, conv2_;
  bool shortcut_;
  OnePass one_pass_;
};

struct CspShape {
  std::int64_t in, out, depth;  // depth: bottlenecks
  bool shortcut, depthwise;
};

// conv3 of both: the bottlenecks behind conv1, and conv2.
class CspLayer {
 public:
  explicit CspLayer(const CspShape& shape);
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;
  onnx::Value exported(onnx::Graph& graph, const onnx::Value& x) const;
  void add_to(const AddLayer& add, const std::string& name);
  double multiply_adds(std::int64_t side) const;

 private:
  Conv conv1_, conv2_, conv3_;
  std::vector<std::unique_ptr<Bottleneck>> bottlenecks_;
};

// The largest values over 5, 9 and 13 pixels beside the map itself.
class SpatialPyramid {
 public:
  SpatialPyramid(std::int64_t in, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass) const;
  onnx::Value exported(onnx::Graph& graph, const onnx::Value& x) const;
  void add_to(const AddLayer& add, const std::string& name);
  double multiply_adds(std::int64_t side) const;

 private:
  Conv conv1_, conv2_;
};

}  // namespace strop::yolox
