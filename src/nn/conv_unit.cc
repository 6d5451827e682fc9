#include "nn/conv_unit.h"

#include <torch/types.h>

#include <algorithm>

#include "nn/conv_function.h"
#include "nn/device.h"

namespace strop {
namespace {

using torch::Tensor;

// y = x * scale + shift by channel.
struct Affine {
  Tensor scale, shift;
};
Affine affine_of(const BatchNorm2d& norm) {
  const auto own = parameters_of(norm);
  const Tensor scale = own.weight * (norm.running_var + norm.eps()).rsqrt();
  return {scale, own.bias - norm.running_mean * scale};
}

// Weight and bias of the convolution that computes norm(conv(x)), fp32, in the graph.
Parameters folded_into(const Parameters& conv, const BatchNorm2d* norm) {
  if (norm == nullptr) return conv;
  const auto [scale, shift] = affine_of(*norm);
  return {conv.weight * scale.view({-1, 1, 1, 1}), conv.bias.defined() ? conv.bias * scale + shift : shift};
}

// The same as a training batch has it, and the running statistics moved.
Tensor normed_by_batch(const BatchNorm2d& norm, const Tensor& y) {
  const auto own = parameters_of(norm);
  return at::batch_norm(y.to(torch::kFloat), own.weight, own.bias, norm.running_mean, norm.running_var,
                        /*training=*/true, norm.momentum, norm.eps(), /*cudnn_enabled=*/false);
}

bool trains(const Layer& layer) {
  return layer.weight.requires_grad() || (layer.bias.defined() && layer.bias.requires_grad());
}

Tensor in_precision(const Tensor& tensor, torch::ScalarType precision) {
  return tensor.defined() ? tensor.to(precision) : tensor;
}

// As a node of the graph reads them.
ConvWeight in_graph(const Parameters& own, torch::ScalarType precision) {
  return {in_precision(own.weight, precision).contiguous(torch::MemoryFormat::ChannelsLast),
          in_precision(own.bias, precision),
          {}};
}

}  // namespace

ConvUnit::ConvUnit(const ConvShape& shape, Activation activation, std::optional<double> norm_eps, bool has_bias)
    : conv_(shape, has_bias),
      norm_(norm_eps ? std::make_unique<BatchNorm2d>(shape.out, *norm_eps) : nullptr),
      activation_(activation) {}

Tensor ConvUnit::forward(const Tensor& x, const Pass& pass, const Tensor& residual) const {
  const Tensor in = x.to(pass.precision).contiguous(torch::MemoryFormat::ChannelsLast);
  if (pass.estimates_norms && norm_ && norm_->statistics != BatchNorm2d::Statistics::measured) estimate_norm(in, pass);
  if ((conv_.adapter && !conv_.adapter->merges(pass)) || learns_statistics(pass)) return in_parts(in, pass, residual);
  if (rests()) return conv_node(conv_.conv(), in, folded(in, pass.precision), activation_, residual);
  const auto whole = folded_into(parameters_of(conv_), norm_.get());
  return conv_node(conv_.conv(), in, in_graph(whole, pass.precision), activation_, residual);
}

void ConvUnit::estimate_norm(const Tensor& x, const Pass& pass) const {
  torch::NoGradGuard no_grad;
  const Tensor y = conv_node(conv_.conv(), x, {conv_.weight_in(pass.precision), conv_.bias_in(pass.precision), {}},
                             Activation::none, {});
  const auto [variance, mean] = at::var_mean(y.to(torch::kFloat), {0, 2, 3}, /*unbiased=*/false);
  if (norm_->statistics == BatchNorm2d::Statistics::folded) {  // what it computes stays
    const Tensor scale = affine_of(*norm_).scale;
    norm_->bias.add_((mean - norm_->running_mean) * scale);
    norm_->weight.copy_(scale * (variance + norm_->eps()).sqrt());
  }
  norm_->running_mean = mean;
  norm_->running_var = variance;
  norm_->statistics = BatchNorm2d::Statistics::measured;
}

Tensor ConvUnit::in_parts(const Tensor& x, const Pass& pass, const Tensor& residual) const {
  const auto* beside = conv_.adapter && !conv_.adapter->merges(pass) ? conv_.adapter.get() : nullptr;
  const Tensor in = beside ? beside->input(x) : x;
  // Beside an adapter the weight stands as it is stored: a copy in the pictures' layout would be made at every pass.
  const auto own = beside ? ConvWeight{conv_.weight_in(pass.precision), conv_.bias_in(pass.precision), {}}
                          : in_graph(parameters_of(conv_), pass.precision);
  Tensor y = conv_node(conv_.conv(), in, own, Activation::none, {});
  if (beside) y = beside->output(in, y, conv_, pass);
  if (learns_statistics(pass)) {
    y = normed_by_batch(*norm_, y).to(pass.precision);
  } else if (norm_) {
    const auto [scale, shift] = affine_of(*norm_);
    y = y * scale.to(pass.precision).view({1, -1, 1, 1}) + shift.to(pass.precision).view({1, -1, 1, 1});
  }
  return activated(residual.defined() ? y + residual : y, activation_);
}

bool ConvUnit::learns_statistics(const Pass& pass) const {
  return norm_ && norm_->momentum > 0 && pass.training && torch::GradMode::is_enabled() && trains(*norm_);
}

bool ConvUnit::rests() const {
  if (conv_.adapter || (norm_ && norm_->adapter)) return false;
  return !(torch::GradMode::is_enabled() && (trains(conv_) || (norm_ && trains(*norm_))));
}

Parameters ConvUnit::folded_parameters() const { return folded_into({conv_.weight, conv_.bias}, norm_.get()); }

std::vector<TensorMark> ConvUnit::marks() const {
  std::vector<TensorMark> all = {mark_of(conv_.weight), mark_of(conv_.bias)};
  if (!norm_) return all;
  for (const auto* tensor : {&norm_->weight, &norm_->bias, &norm_->running_mean, &norm_->running_var}) {
    all.push_back(mark_of(*tensor));
  }
  return all;
}

const ConvWeight& ConvUnit::folded(const Tensor& x, torch::ScalarType precision) const {
  auto source = marks();
  if (kept_.weight.weight.defined() && kept_.precision == precision && kept_.source == source) return kept_.weight;
  torch::NoGradGuard no_grad;
  const auto whole = folded_parameters();
  auto& kept = kept_.weight;
  kept.weight = whole.weight.detach().to(precision).contiguous(torch::MemoryFormat::ChannelsLast);
  kept.bias = in_precision(whole.bias, precision);
  if (kept.bias.defined()) kept.bias = kept.bias.detach();
  kept.packed = packed_weight(conv_.conv(), kept.weight, x.sizes());
  if (kept.weight.unsafeGetTensorImpl() != conv_.weight.unsafeGetTensorImpl()) set_aside_weight(conv_.weight);
  kept_.precision = precision;
  kept_.source = std::move(source);
  return kept;
}

double ConvUnit::multiply_adds(double height, double width) const {
  const auto& shape = conv_.conv();
  const auto out = static_cast<double>(shape.out_length(static_cast<std::int64_t>(height)) *
                                       shape.out_length(static_cast<std::int64_t>(width)));
  return out * static_cast<double>(shape.out * (shape.in / shape.groups) * shape.kernel * shape.kernel);
}

}  // namespace strop
