#include "nn/conv.h"

#include <torch/types.h>

#include <algorithm>

namespace strop {

std::pair<std::int64_t, std::int64_t> ConvShape::zeros(std::int64_t length) const {
  const auto reach = (kernel - 1) * dilation;
  if (pad == Pad::none) return {0, 0};
  if (pad == Pad::half) return {reach / 2, reach / 2};
  if (pad == Pad::even) return {(reach - 1) / 2, reach - 1 - (reach - 1) / 2};
  const auto total = std::max<std::int64_t>(((length + stride - 1) / stride - 1) * stride + reach + 1 - length, 0);
  return {total / 2, total - total / 2};
}

std::int64_t ConvShape::out_length(std::int64_t length) const {
  const auto [before, behind] = zeros(length);
  return (length + before + behind - (kernel - 1) * dilation - 1) / stride + 1;
}

std::vector<StoredTensor> BatchNorm2d::stored() {
  auto all = Layer::stored();
  all.push_back({".running_mean", &running_mean, shape()});
  all.push_back({".running_var", &running_var, shape()});
  return all;
}

void BatchNorm2d::make_fresh(at::Generator generator) {
  Layer::make_fresh(std::move(generator));
  running_mean = torch::zeros(shape());
  running_var = torch::ones(shape());
  statistics = Statistics::fresh;
}

}  // namespace strop
