#include "models/yolox/units.h"

#include <torch/types.h>

#include "nn/separable.h"

namespace strop::yolox {

using torch::Tensor;

namespace {

std::unique_ptr<ConvUnit> depthwise_unit(std::int64_t channels, std::int64_t kernel, std::int64_t stride) {
  const ConvShape shape{.in = channels, .out = channels, .kernel = kernel, .stride = stride, .groups = channels};
  return std::make_unique<ConvUnit>(shape, Activation::silu, kEps);
}

ConvShape own_shape(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, bool depthwise) {
  if (depthwise) return {.in = in, .out = out};
  return {.in = in, .out = out, .kernel = kernel, .stride = stride};
}

double counted(const ConvUnit& unit, std::int64_t side) {
  return unit.multiply_adds(static_cast<double>(side), static_cast<double>(side));
}

}  // namespace

void add_unit(const AddLayer& add, const std::string& name, ConvUnit& unit) {
  add(name + ".conv", unit.conv());
  add(name + ".bn", *unit.norm());
}

Conv::Conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, bool depthwise)
    : depthwise_(depthwise ? depthwise_unit(in, kernel, stride) : nullptr),
      conv_(own_shape(in, out, kernel, stride, depthwise), Activation::silu, kEps) {}

Tensor Conv::forward(const Tensor& x, const Pass& pass) const {
  if (!depthwise_) return conv_.forward(x, pass);
  Tensor at_once = one_pass_.forward(nullptr, *depthwise_, &conv_, x, {}, pass);
  if (!at_once.defined()) at_once = separable(*depthwise_, conv_, x, pass);
  return at_once.defined() ? at_once : conv_.forward(depthwise_->forward(x, pass), pass);
}

void Conv::add_to(const AddLayer& add, const std::string& name) {
  if (depthwise_) add_unit(add, name + ".dconv", *depthwise_);
  add_unit(add, depthwise_ ? name + ".pconv" : name, conv_);
}

double Conv::multiply_adds(std::int64_t side) const {
  if (!depthwise_) return counted(conv_, side);
  return counted(*depthwise_, side) + counted(conv_, depthwise_->conv().conv().out_length(side));
}

Bottleneck::Bottleneck(std::int64_t channels, bool shortcut, bool depthwise)
    : conv1_(channels, channels, 1), conv2_(channels, channels, 3, 1, depthwise), shortcut_(shortcut) {}

Tensor Bottleneck::forward(const Tensor& x, const Pass& pass) const {
  Tensor y;
  if (conv2_.depthwise() != nullptr)
    y = one_pass_.forward(&conv1_.conv(), *conv2_.depthwise(), &conv2_.conv(), x, {}, pass);
  if (!y.defined()) y = conv2_.forward(conv1_.forward(x, pass), pass);
  return shortcut_ ? y + x : y;
}

void Bottleneck::add_to(const AddLayer& add, const std::string& name) {
  conv1_.add_to(add, name + ".conv1");
  conv2_.add_to(add, name + ".conv2");
}

double Bottleneck::multiply_adds(std::int64_t side) const {
  return conv1_.multiply_adds(side) + conv2_.multiply_adds(side);
}

CspLayer::CspLayer(const CspShape& shape)
    : conv1_(shape.in, shape.out / 2, 1), conv2_(shape.in, shape.out / 2, 1), conv3_(shape.out / 2 * 2, shape.out, 1) {
  for (std::int64_t i = 0; i < shape.depth; ++i) {
    bottlenecks_.push_back(std::make_unique<Bottleneck>(shape.out / 2, shape.shortcut, shape.depthwise));
  }
}

Tensor CspLayer::forward(const Tensor& x, const Pass& pass) const {
  Tensor deep = conv1_.forward(x, pass);
  for (const auto& one : bottlenecks_) deep = one->forward(deep, pass);
  return conv3_.forward(at::cat({deep, conv2_.forward(x, pass)}, 1), pass);
}

void CspLayer::add_to(const AddLayer& add, const std::string& name) {
  conv1_.add_to(add, name + ".conv1");
  conv2_.add_to(add, name + ".conv2");
  conv3_.add_to(add, name + ".conv3");
  for (std::size_t i = 0; i < bottlenecks_.size(); ++i) bottlenecks_[i]->add_to(add, name + ".m." + std::to_string(i));
}

double CspLayer::multiply_adds(std::int64_t side) const {
  double sum = conv1_.multiply_adds(side) + conv2_.multiply_adds(side) + conv3_.multiply_adds(side);
  for (const auto& one : bottlenecks_) sum += one->multiply_adds(side);
  return sum;
}

SpatialPyramid::SpatialPyramid(std::int64_t in, std::int64_t out) : conv1_(in, in / 2, 1), conv2_(in / 2 * 4, out, 1) {}

Tensor SpatialPyramid::forward(const Tensor& x, const Pass& pass) const {
  // The largest of 9 pixels is the largest of 5 such of 5, and that of 13 one more.
  const auto widened = [](const Tensor& map) { return at::max_pool2d(map, 5, 1, 2); };
  const Tensor own = conv1_.forward(x, pass), five = widened(own), nine = widened(five);
  return conv2_.forward(at::cat({own, five, nine, widened(nine)}, 1), pass);
}

void SpatialPyramid::add_to(const AddLayer& add, const std::string& name) {
  conv1_.add_to(add, name + ".conv1");
  conv2_.add_to(add, name + ".conv2");
}

double SpatialPyramid::multiply_adds(std::int64_t side) const {
  return conv1_.multiply_adds(side) + conv2_.multiply_adds(side);
}

}  // namespace strop::yolox
