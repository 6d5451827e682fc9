#include "models/convnext/blocks.h"

#include <torch/types.h>

namespace strop::convnext {

using torch::Tensor;

namespace {

// The channels of each pixel as a row, without a copy: features are channels-last.
Tensor rows_of(const Tensor& features) { return features.permute({0, 2, 3, 1}).reshape({-1, features.size(1)}); }
Tensor as_features(const Tensor& rows, const Tensor& like) {
  return rows.view({like.size(0), like.size(2), like.size(3), rows.size(1)}).permute({0, 3, 1, 2});
}
Tensor normed(const LayerNorm& norm, const Tensor& features) {
  return as_features(residual_norm(norm, rows_of(features), Tensor(), {}), features);
}

ConvShape patches(std::int64_t in, std::int64_t out, std::int64_t size) {
  return {.in = in, .out = out, .kernel = size, .stride = size, .pad = Pad::none};
}

}  // namespace

Stem::Stem(const Dims& dims, const Names& names, std::int64_t channels, std::int64_t patch, std::int64_t index)
    : Block(names.stem, index),
      dims_(dims),
      conv_(patches(channels, dims.width, patch), Activation::none, std::nullopt, true),
      norm_(dims.width, dims.eps) {
  add_layer(names.prefix + names.stem + names.stem_conv, conv_.conv());
  add_layer(names.prefix + names.stem + names.stem_norm, norm_);
}

void Stem::forward(State& state, const Pass& pass) const {
  state.set("features", normed(norm_, conv_.forward(state.at("pixels"), pass)));
}

double Stem::multiply_adds(double) const {
  return conv_.multiply_adds(static_cast<double>(dims_.height * dims_.kernel),
                             static_cast<double>(dims_.columns * dims_.kernel));
}

Downsampling::Downsampling(const Dims& dims, const Names& names, std::int64_t in, std::int64_t stage,
                           std::int64_t index)
    : Block(names.downsampling(stage), index),
      dims_(dims),
      norm_(in, dims.eps),
      conv_(patches(in, dims.width, 2), Activation::none, std::nullopt, true) {
  add_layer(names.prefix + name() + ".0", norm_);
  add_layer(names.prefix + name() + ".1", conv_.conv());
}

void Downsampling::forward(State& state, const Pass& pass) const {
  state.set("features", conv_.forward(normed(norm_, state.at("features").to(pass.precision)), pass));
}

double Downsampling::multiply_adds(double) const {
  return conv_.multiply_adds(static_cast<double>(2 * dims_.height), static_cast<double>(2 * dims_.columns));
}

Layer::Layer(const Dims& dims, const Names& names, std::int64_t stage, std::int64_t number, std::int64_t index)
    : Block(names.block(stage, number), index),
      dims_(dims),
      depthwise_({.in = dims.width, .out = dims.width, .kernel = dims.kernel, .groups = dims.width}, Activation::none,
                 std::nullopt, true),
      norm_(dims.width, dims.eps),
      scale_(LayerKind::table,
             dims.scale_as_map ? std::vector<std::int64_t>{dims.width, 1, 1} : std::vector<std::int64_t>{dims.width},
             false, "") {
  const std::string prefix = names.prefix + name() + ".";
  add_layer(prefix + names.depthwise, depthwise_.conv());
  add_layer(prefix + names.norm, norm_);
  if (dims.conv_mlp) {
    up_conv_ =
        std::make_unique<ConvUnit>(ConvShape{.in = dims.width, .out = dims.mlp}, Activation::gelu, std::nullopt, true);
    down_conv_ =
        std::make_unique<ConvUnit>(ConvShape{.in = dims.mlp, .out = dims.width}, Activation::none, std::nullopt, true);
    add_layer(prefix + names.up, up_conv_->conv());
    add_layer(prefix + names.down, down_conv_->conv());
  } else {
    up_ = std::make_unique<Linear>(dims.width, dims.mlp);
    down_ = std::make_unique<Linear>(dims.mlp, dims.width);
    add_layer(prefix + names.up, *up_);
    add_layer(prefix + names.down, *down_);
  }
  if (dims.scaled) add_layer(prefix + names.scale, scale_);
}

void Layer::forward(State& state, const Pass& pass) const {
  const Tensor x = state.at("features").to(pass.precision).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor normed = residual_norm(norm_, rows_of(depthwise_.forward(x, pass)), Tensor(), {});
  const Tensor residual = rows_of(x);
  Tensor out;
  if (dims_.conv_mlp) {
    out = rows_of(down_conv_->forward(up_conv_->forward(as_features(normed, x), pass), pass));
  } else {
    if (!dims_.scaled) {
      state.set("features", as_features(gelu_mlp(*up_, *down_, normed, pass, residual), x));
      return;
    }
    out = gelu_mlp(*up_, *down_, normed, pass);
  }
  out = dims_.scaled ? at::addcmul(residual, out, scale_.weight_in(pass.precision).view({-1})) : residual + out;
  state.set("features", as_features(out, x));
}

double Layer::multiply_adds(double) const {
  const auto width = static_cast<double>(dims_.width), mlp = static_cast<double>(dims_.mlp);
  return dims_.positions() * (width * static_cast<double>(dims_.kernel * dims_.kernel) + 2 * width * mlp);
}

Pooler::Pooler(const Dims& dims, const Names& names, std::int64_t index)
    : Block(names.final_norm, index), norm_(dims.width, dims.eps) {
  add_layer(names.prefix + names.final_norm, norm_);
}

void Pooler::forward(State& state, const Pass& pass) const {
  const Tensor mean = state.at("features").to(torch::kFloat).mean({2, 3});
  state.set("pooled", residual_norm(norm_, mean, Tensor(), {}).to(pass.precision));
}

}  // namespace strop::convnext
