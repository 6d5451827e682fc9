#include "models/efficientnet/blocks.h"

#include <torch/types.h>

namespace strop::efficientnet {

using torch::Tensor;

namespace {

ConvShape depthwise_shape(const Inverted& one) {
  return {.in = one.mid, .out = one.mid, .kernel = one.kernel, .stride = one.stride, .groups = one.mid, .pad = one.pad};
}

double counted(const ConvUnit& unit, Sides sides) {
  return unit.multiply_adds(static_cast<double>(sides.height), static_cast<double>(sides.width));
}

// Means over the picture, N x C x 1 x 1, summed in fp32.
Tensor mean_of(const Tensor& x) { return x.mean({2, 3}, true, torch::kFloat); }

}  // namespace

Stem::Stem(const Row& row, const Names& names, Sides sides, std::int64_t index)
    : Block("stem", index),
      conv_({.in = 3, .out = row.stem, .kernel = 3, .stride = 2, .pad = row.pad}, row.activation, row.eps),
      multiply_adds_(counted(conv_, sides)) {
  add_layer(names.stem.conv, conv_.conv());
  add_layer(names.stem.norm, *conv_.norm());
}

void Stem::forward(State& state, const Pass& pass) const {
  state.set("features", conv_.forward(state.at("pixels"), pass));
}

SqueezeExcite::SqueezeExcite(std::int64_t channels, std::int64_t squeezed, Activation activation, bool hard_gate)
    : reduce_({.in = channels, .out = squeezed}, activation, std::nullopt, true),
      widen_({.in = squeezed, .out = channels}, Activation::none, std::nullopt, true),
      hard_gate_(hard_gate) {}

Tensor SqueezeExcite::forward(const Tensor& x, const Pass& pass) const {
  const Tensor z = widen_.forward(reduce_.forward(mean_of(x), pass), pass);
  return x * (hard_gate_ ? at::hardsigmoid(z) : at::sigmoid(z));
}

InvertedResidual::InvertedResidual(const Row& row, std::size_t number, const Names& names, Sides sides,
                                   std::int64_t index)
    : Block("blocks." + std::to_string(row.blocks[number].stage) + "." + std::to_string(row.blocks[number].place),
            index),
      residual_(row.blocks[number].residual),
      depthwise_(depthwise_shape(row.blocks[number]), row.blocks[number].activation, row.eps),
      project_({.in = row.blocks[number].mid, .out = row.blocks[number].out}, Activation::none, row.eps) {
  const auto& one = row.blocks[number];
  const auto own =
      names.block({one.stage, one.place, static_cast<std::int64_t>(number), one.expands, one.squeezed > 0});
  const auto after = sides.after(depthwise_.conv().conv());
  multiply_adds_ = counted(depthwise_, sides) + counted(project_, after);
  if (one.expands) {
    expand_.emplace(ConvShape{.in = one.in, .out = one.mid}, one.activation, row.eps);
    multiply_adds_ += counted(*expand_, sides);
    add_layer(own.expand.conv, expand_->conv());
    add_layer(own.expand.norm, *expand_->norm());
  }
  add_layer(own.depthwise.conv, depthwise_.conv());
  add_layer(own.depthwise.norm, *depthwise_.norm());
  if (one.squeezed > 0) {
    const bool v3 = row.family == "mobilenet_v3";
    squeeze_excite_.emplace(one.mid, one.squeezed, v3 ? Activation::relu : one.activation, v3);
    multiply_adds_ += 2 * static_cast<double>(one.mid * one.squeezed);
    add_layer(own.reduce, squeeze_excite_->reduce().conv());
    add_layer(own.widen, squeeze_excite_->widen().conv());
  }
  add_layer(own.project.conv, project_.conv());
  add_layer(own.project.norm, *project_.norm());
}

void InvertedResidual::forward(State& state, const Pass& pass) const {
  const Tensor x = state.at("features").to(pass.precision);
  const Tensor residual = residual_ ? x : Tensor();
  const ConvUnit* const expand = expand_ ? &*expand_ : nullptr;
  const bool straight = !squeeze_excite_;
  Tensor wide =
      one_pass_.forward(expand, depthwise_, straight ? &project_ : nullptr, x, straight ? residual : Tensor(), pass);
  if (straight && wide.defined()) {
    state.set("features", wide);
    return;
  }
  if (!wide.defined()) wide = depthwise_.forward(expand_ ? expand_->forward(x, pass) : x, pass);
  if (squeeze_excite_) wide = squeeze_excite_->forward(wide, pass);
  state.set("features", project_.forward(wide, pass, residual));
}

Top::Top(const Row& row, const Names& names, Sides sides, std::int64_t index)
    : Block("head", index),
      activation_(row.activation),
      conv_({.in = row.blocks.back().out, .out = row.top}, row.activation, row.eps),
      multiply_adds_(counted(conv_, sides) + static_cast<double>(row.top * row.wide)) {
  const auto own = names.top(row.stages(), static_cast<std::int64_t>(row.blocks.size()));
  add_layer(own.conv, conv_.conv());
  add_layer(own.norm, *conv_.norm());
  if (row.wide == 0) return;
  if (row.layout == "timm-v3") {
    wide_conv_.emplace(ConvShape{.in = row.top, .out = row.wide}, row.activation, std::nullopt, true);
    add_layer(names.wide, wide_conv_->conv());
  } else {
    wide_linear_ = std::make_unique<Linear>(row.top, row.wide);
    add_layer(names.wide, *wide_linear_);
  }
}

void Top::forward(State& state, const Pass& pass) const {
  Tensor pooled = mean_of(conv_.forward(state.at("features"), pass));
  if (wide_conv_) pooled = wide_conv_->forward(pooled, pass);
  pooled = pooled.flatten(1).to(pass.precision);
  if (wide_linear_) pooled = activated(linear(*wide_linear_, pooled, pass), activation_);
  state.set("pooled", pooled);
}

}  // namespace strop::efficientnet
