#include "models/yolox/blocks.h"

#include <torch/types.h>

#include <cmath>

#include "nn/conv_function.h"

namespace strop::yolox {

using torch::Tensor;

namespace {

Tensor twice_as_wide(const Tensor& map) {
  return at::upsample_nearest2d(map, {2 * map.size(2), 2 * map.size(3)}, std::nullopt, std::nullopt);
}

const std::string kBackbone = "backbone.backbone.", kHead = "head";

// Channels that dark2 .. dark5 make.
std::int64_t channels_of(const Row& row, std::int64_t number) { return row.stem << (number - 1); }

CspShape stage_csp(const Row& row, std::int64_t number) {
  const auto out = channels_of(row, number);
  const auto depth = number == 3 || number == 4 ? 3 * row.depth : row.depth;
  return {out, out, depth, number != 5, row.depthwise};
}

}  // namespace

std::string level_name(const char* letter, std::size_t level) { return letter + std::to_string(3 + level); }

Stem::Stem(const Row& row, std::int64_t index) : YoloxBlock("stem", index), conv_(12, row.stem, 3) {
  conv_.add_to(adder(), kBackbone + "stem.conv");
  multiply_adds_ = conv_.multiply_adds(row.side / 2);
}

// The 3 x 3 taps read 12 channels, the pixels of a quarter of 2 x 2 one beside another: which are 6 x 6 taps, two
// pixels apart, of the picture itself. channel = (column * 2 + row) * 3 + colour.
void Stem::forward(State& state, const Pass& pass) const {
  const auto& unit = conv_.conv();
  const Tensor pixels = state.at("pixels").to(pass.precision);
  if (!unit.conv().adapter && !pass.estimates_norms && !unit.learns_statistics(pass)) {
    const auto whole = unit.folded_parameters();
    const auto out = whole.weight.size(0);
    const Tensor taps = whole.weight.view({out, 2, 2, 3, 3, 3}).permute({0, 3, 4, 2, 5, 1}).reshape({out, 3, 6, 6});
    state.set("features",
              conv_node({.in = 3, .out = out, .kernel = 6, .stride = 2}, pixels.contiguous(kChannelsLast),
                        {taps.to(pass.precision).contiguous(kChannelsLast), whole.bias.to(pass.precision), {}},
                        unit.activation(), {}));
    return;
  }
  const Tensor rows = pixels.permute({0, 2, 3, 1}).contiguous();
  const auto samples = rows.size(0), height = rows.size(1) / 2, width = rows.size(2) / 2;
  const Tensor quarters = rows.view({samples, height, 2, width, 2, 3}).permute({0, 1, 3, 4, 2, 5});
  state.set("features", conv_.forward(quarters.reshape({samples, height, width, 12}).permute({0, 3, 1, 2}), pass));
}

Stage::Stage(const Row& row, std::int64_t number, std::int64_t index)
    : YoloxBlock("dark" + std::to_string(number), index),
      from_(number <= 3 ? "features" : "c" + std::to_string(number - 1)),
      to_(number == 2 ? "features" : "c" + std::to_string(number)),
      down_(channels_of(row, number - 1), channels_of(row, number), 3, 2, row.depthwise),
      csp_(stage_csp(row, number)) {
  const auto prefix = kBackbone + name() + ".";
  const auto inside = row.side >> number;
  down_.add_to(adder(), prefix + "0");
  multiply_adds_ = down_.multiply_adds(2 * inside) + csp_.multiply_adds(inside);
  if (number == 5) {
    pyramid_.emplace(channels_of(row, number), channels_of(row, number));
    pyramid_->add_to(adder(), prefix + "1");
    multiply_adds_ += pyramid_->multiply_adds(inside);
  }
  csp_.add_to(adder(), prefix + (pyramid_ ? "2" : "1"));
}

void Stage::forward(State& state, const Pass& pass) const {
  Tensor x = down_.forward(state.at(from_), pass);
  if (pyramid_) x = pyramid_->forward(x, pass);
  state.set(to_, csp_.forward(x, pass));
}

TopDown::TopDown(const Row& row, std::size_t level, std::int64_t index)
    : YoloxBlock("neck.p" + std::to_string(3 + level), index),
      coarse_(level == 1 ? "c5" : "p4"),
      fine_(level_name("c", level)),
      top_(level_name("t", level + 1)),
      to_(level == 1 ? "p4" : "n3"),
      narrow_(row.channels[level + 1], row.channels[level], 1),
      csp_({2 * row.channels[level], row.channels[level], row.neck_depth, false, row.depthwise}) {
  narrow_.add_to(adder(), level == 1 ? "backbone.lateral_conv0" : "backbone.reduce_conv1");
  csp_.add_to(adder(), level == 1 ? "backbone.C3_p4" : "backbone.C3_p3");
  const auto side = row.side / kStrides[level];
  multiply_adds_ = narrow_.multiply_adds(side / 2) + csp_.multiply_adds(side);
}

void TopDown::forward(State& state, const Pass& pass) const {
  const Tensor top = narrow_.forward(state.at(coarse_), pass);
  state.set(top_, top);
  state.set(to_, csp_.forward(at::cat({twice_as_wide(top), state.at(fine_).to(pass.precision)}, 1), pass));
}

BottomUp::BottomUp(const Row& row, std::size_t level, std::int64_t index)
    : YoloxBlock("neck.n" + std::to_string(3 + level), index),
      fine_(level_name("n", level - 1)),
      top_(level_name("t", level)),
      to_(level_name("n", level)),
      down_(row.channels[level - 1], row.channels[level - 1], 3, 2, row.depthwise),
      csp_({2 * row.channels[level - 1], row.channels[level], row.neck_depth, false, row.depthwise}) {
  down_.add_to(adder(), level == 1 ? "backbone.bu_conv2" : "backbone.bu_conv1");
  csp_.add_to(adder(), level == 1 ? "backbone.C3_n3" : "backbone.C3_n4");
  const auto side = row.side / kStrides[level];
  multiply_adds_ = down_.multiply_adds(2 * side) + csp_.multiply_adds(side);
}

void BottomUp::forward(State& state, const Pass& pass) const {
  const Tensor down = down_.forward(state.at(fine_), pass);
  state.set(to_, csp_.forward(at::cat({down, state.at(top_).to(pass.precision)}, 1), pass));
}

Stems::Stems(const Row& row, std::int64_t index) : YoloxBlock("head.stems", index) {
  for (std::size_t level = 0; level < 3; ++level) {
    const auto& conv = convs_.emplace_back(std::make_unique<Conv>(row.channels[level], row.hidden, 1));
    conv->add_to(adder(), "head.stems." + std::to_string(level));
    multiply_adds_ += conv->multiply_adds(row.side / kStrides[level]);
  }
}

void Stems::forward(State& state, const Pass& pass) const {
  for (std::size_t level = 0; level < 3; ++level) {
    state.set(level_name("s", level), convs_[level]->forward(state.at(level_name("n", level)), pass));
  }
}

Branch::Level::Level(std::int64_t hidden, std::int64_t count, bool depthwise)
    : class1(hidden, hidden, 3, 1, depthwise),
      class2(hidden, hidden, 3, 1, depthwise),
      box1(hidden, hidden, 3, 1, depthwise),
      box2(hidden, hidden, 3, 1, depthwise),
      classes({.in = hidden, .out = count}, Activation::none, std::nullopt, true),
      boxes({.in = hidden, .out = 4}, Activation::none, std::nullopt, true),
      objects({.in = hidden, .out = 1}, Activation::none, std::nullopt, true) {
  // Most anchors show nothing: a fresh head begins by saying so with a probability of 0.99 (arXiv 1708.02002, 4.1).
  for (auto* unit : {&classes, &objects}) {
    unit->conv().fresh_bias = -std::log((1 - 0.01) / 0.01);
    unit->conv().fresh_deviation = 0.01;
  }
}

Branch::Branch(const Row& row, const std::string& name, std::string output, std::int64_t classes, std::int64_t index)
    : YoloxBlock(name, index), output_(std::move(output)) {
  // Where things lie is much the same for new classes: an increment begins as the head in all but objectness and
  // classes.
  const bool increment = name != kHead;
  const AddLayer add = [&](const std::string& own, Layer& layer) {
    if (increment) layer.begins_as = kHead + own;
    add_layer(name + own, layer);
  };
  for (std::size_t i = 0; i < 3; ++i) {
    auto& level = *levels_.emplace_back(std::make_unique<Level>(row.hidden, classes, row.depthwise));
    const auto number = "." + std::to_string(i);
    const auto side = row.side / kStrides[i];
    for (const auto& [own, conv] : {std::pair{".cls_convs", &level.class1}, {".reg_convs", &level.box1}}) {
      conv->add_to(add, own + number + ".0");
      multiply_adds_ += conv->multiply_adds(side);
    }
    for (const auto& [own, conv] : {std::pair{".cls_convs", &level.class2}, {".reg_convs", &level.box2}}) {
      conv->add_to(add, own + number + ".1");
      multiply_adds_ += conv->multiply_adds(side);
    }
    for (const auto& [own, unit] :
         {std::pair{".reg_preds", &level.boxes}, {".obj_preds", &level.objects}, {".cls_preds", &level.classes}}) {
      add(own + number, unit->conv());
      multiply_adds_ += unit->multiply_adds(static_cast<double>(side), static_cast<double>(side));
    }
    if (increment) level.objects.conv().begins_as = level.classes.conv().begins_as = "";
  }
}

void Branch::forward(State& state, const Pass& pass) const {
  Pass full = pass;
  full.precision = torch::kFloat;  // boxes are exponentials of these
  std::vector<Tensor> all;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& level = *levels_[i];
    const Tensor x = state.at(level_name("s", i));
    const Tensor by_class = level.class2.forward(level.class1.forward(x, pass), pass);
    const Tensor by_box = level.box2.forward(level.box1.forward(x, pass), pass);
    const Tensor maps = at::cat(
        {level.boxes.forward(by_box, full), level.objects.forward(by_box, full), level.classes.forward(by_class, full)},
        1);
    all.push_back(maps.permute({0, 2, 3, 1}).reshape({maps.size(0), maps.size(2) * maps.size(3), maps.size(1)}));
  }
  state.set(output_, at::cat(all, 1));
}

}  // namespace strop::yolox
