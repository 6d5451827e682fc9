// Convolutions and batch norms as leaves of a model: shapes and weights. nn/conv_unit.h computes with them.
#pragma once

#include <cstdint>
#include <utility>

#include "nn/layer.h"

namespace strop {

// The zeros around a picture.
enum class Pad {
  half,  // (kernel - 1) * dilation / 2 on every side
  same,  // TensorFlow's SAME: ceil(length / stride) results; an odd zero stands behind
  even,  // that of lengths which the stride of 2 divides, for any length
  none,
};

struct ConvShape {
  std::int64_t in, out;
  std::int64_t kernel = 1, stride = 1, groups = 1, dilation = 1;
  Pad pad = Pad::half;

  // Zeros before and behind a row (or column) of `length` pixels.
  std::pair<std::int64_t, std::int64_t> zeros(std::int64_t length) const;
  std::int64_t out_length(std::int64_t length) const;
  // One filter a channel.
  bool depthwise() const { return groups == in && groups == out && groups > 1; }
  // A product at each pixel.
  bool pointwise() const { return kernel == 1 && stride == 1 && groups == 1; }
};

class Conv2d : public Layer {
 public:
  explicit Conv2d(const ConvShape& shape, bool has_bias)
      : Layer(LayerKind::conv, {shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}, has_bias),
        conv_(shape) {}
  const ConvShape& conv() const { return conv_; }

 private:
  ConvShape conv_;
};

// y = (x - running_mean) / sqrt(running_var + eps) * weight + bias by channel.
class BatchNorm2d : public Layer {
 public:
  BatchNorm2d(std::int64_t channels, double eps) : Layer(LayerKind::batch_norm, {channels}, true), eps_(eps) {}
  double eps() const { return eps_; }
  // Weight, bias, running_mean, running_var. (A file's num_batches_tracked says nothing about a network at rest.)
  std::vector<StoredTensor> stored() override;
  void make_fresh(at::Generator generator) override;

  torch::Tensor running_mean, running_var;  // fp32, channels
  // What the statistics are: `fresh` ones are those of no data yet; of `folded` ones the file has made a part of the
  // convolution, so that normalising by a batch would change what the network computes.
  enum class Statistics { measured, fresh, folded } statistics = Statistics::measured;
  // Share that those of each training batch take (torch.nn.BatchNorm2d's), by which the batch itself is normalised
  // then; 0: they stay, and normalise what trains too.
  double momentum = 0;

 private:
  double eps_;
};

}  // namespace strop
