// The blocks of a ConvNeXt row. State: pixels (sample) -> features (sample: N x C x H x W, channels-last) -> pooled
// (sample) -> logits (sample).
#pragma once

#include <memory>

#include "nn/block.h"
#include "nn/conv_unit.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace strop::convnext {

// Where the tensors of a block stand, by the library that wrote the file.
struct Names {
  std::string prefix;  // before the names of blocks: "convnext."
  std::string stem, stem_conv, stem_norm;
  std::string (*downsampling)(std::int64_t stage);
  std::string (*block)(std::int64_t stage, std::int64_t number);
  // Of a block's layers.
  std::string depthwise, norm, up, down, scale;
  std::string final_norm, head;  // head: full name
};

// Sizes of one block and of the picture that it reads.
struct Dims {
  std::int64_t width, mlp;
  std::int64_t height, columns;  // of its result, for pictures as the model is told to read them
  double eps;
  bool scaled;          // by a trained factor a channel
  bool scale_as_map;    // these factors are stored as width x 1 x 1 (torchvision)
  bool conv_mlp;        // the MLP's layers are stored as 1x1 convolutions (timm's small networks)
  std::int64_t kernel;  // of the depthwise convolution; of the stem: its stride
  double positions() const { return static_cast<double>(height * columns); }
};

// layer_norm(conv(pixels)) over the channels: writes features.
class Stem : public Block {
 public:
  Stem(const Dims& dims, const Names& names, std::int64_t channels, std::int64_t patch, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  Dims dims_;
  ConvUnit conv_;
  LayerNorm norm_;
};

// conv(layer_norm(features)): half the height and width, another number of channels.
class Downsampling : public Block {
 public:
  Downsampling(const Dims& dims, const Names& names, std::int64_t in, std::int64_t stage, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  Dims dims_;
  LayerNorm norm_;
  ConvUnit conv_;
};

// features + scale * down(gelu(up(layer_norm(depthwise(features))))).
class Layer : public Block {
 public:
  Layer(const Dims& dims, const Names& names, std::int64_t stage, std::int64_t number, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"features", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  Dims dims_;
  ConvUnit depthwise_;
  LayerNorm norm_;
  std::unique_ptr<Linear> up_, down_;
  std::unique_ptr<ConvUnit> up_conv_, down_conv_;
  strop::Layer scale_;
};

// layer_norm(mean over the picture): writes pooled.
class Pooler : public Block {
 public:
  Pooler(const Dims& dims, const Names& names, std::int64_t index);
  std::vector<std::string> reads() const override { return {"features"}; }
  std::vector<Port> writes() const override { return {{"pooled", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return 0; }

 private:
  LayerNorm norm_;
};

}  // namespace strop::convnext
