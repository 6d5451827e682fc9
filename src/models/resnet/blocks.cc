#include "models/resnet/blocks.h"

#include <torch/types.h>

namespace strop::resnet {
namespace {

constexpr double kEps = 1e-5;

double counted(const ConvUnit& unit, std::int64_t side) {
  return unit.multiply_adds(static_cast<double>(side), static_cast<double>(side));
}

}  // namespace

Stem::Stem(const Row& row, const Names& names, std::int64_t side, std::int64_t index)
    : Block("stem", index),
      conv_({.in = 3, .out = row.stem, .kernel = 7, .stride = 2}, Activation::relu, kEps),
      multiply_adds_(counted(conv_, side)) {
  add_layer(names.stem.conv, conv_.conv());
  add_layer(names.stem.norm, *conv_.norm());
}

void Stem::forward(State& state, const Pass& pass) const {
  state.set("features", at::max_pool2d(conv_.forward(state.at("pixels"), pass), 3, 2, 1));
}

ResidualBlock::ResidualBlock(const Row& row, const Residual& one, const Names& names, std::int64_t side,
                             std::int64_t index)
    : Block("layer" + std::to_string(one.stage + 1) + "." + std::to_string(one.place), index) {
  std::vector<ConvShape> shapes;
  if (one.bottleneck) {
    shapes = {
        {.in = one.in, .out = one.mid, .stride = row.stride_first ? one.stride : 1},
        {.in = one.mid, .out = one.mid, .kernel = 3, .stride = row.stride_first ? 1 : one.stride, .groups = one.groups},
        {.in = one.mid, .out = one.out}};
  } else {
    shapes = {{.in = one.in, .out = one.mid, .kernel = 3, .stride = one.stride},
              {.in = one.mid, .out = one.out, .kernel = 3}};
  }
  std::int64_t inner = side;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto& unit = *units_.emplace_back(std::make_unique<ConvUnit>(shapes[i], Activation::relu, kEps));
    multiply_adds_ += counted(unit, inner);
    inner = shapes[i].out_length(inner);
    const auto own = names.unit(one.stage, one.place, static_cast<std::int64_t>(i));
    add_layer(own.conv, units_[i]->conv());
    add_layer(own.norm, *units_[i]->norm());
  }
  if (!one.projects) return;
  shortcut_.emplace(ConvShape{.in = one.in, .out = one.out, .stride = one.stride}, Activation::none, kEps);
  multiply_adds_ += counted(*shortcut_, side);
  const auto own = names.shortcut(one.stage, one.place);
  add_layer(own.conv, shortcut_->conv());
  add_layer(own.norm, *shortcut_->norm());
}

void ResidualBlock::forward(State& state, const Pass& pass) const {
  const auto x = state.at("features").to(pass.precision);
  auto y = x;
  for (std::size_t i = 0; i + 1 < units_.size(); ++i) y = units_[i]->forward(y, pass);
  state.set("features", units_.back()->forward(y, pass, shortcut_ ? shortcut_->forward(x, pass) : x));
}

void Pool::forward(State& state, const Pass& pass) const {
  state.set("pooled", state.at("features").mean({2, 3}, false, torch::kFloat).to(pass.precision));
}

}  // namespace strop::resnet
