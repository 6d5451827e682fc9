#include "models/fastestdet/blocks.h"

#include <torch/types.h>

namespace strop::fastestdet {

using torch::Tensor;

namespace {

constexpr double kEps = 1e-5;

ConvShape depthwise_shape(std::int64_t channels, std::int64_t kernel, std::int64_t stride = 1) {
  return {.in = channels, .out = channels, .kernel = kernel, .stride = stride, .groups = channels};
}

// The name of the map that a stage leaves.
std::string map_behind(std::int64_t stage) { return "c" + std::to_string(stage + 1); }

}  // namespace

void FastestBlock::add_unit(const std::string& name, int place, ConvUnit& unit, std::int64_t side) {
  add_layer(name + "." + std::to_string(place), unit.conv());
  add_layer(name + "." + std::to_string(place + 1), *unit.norm());
  multiply_adds_ += unit.multiply_adds(static_cast<double>(side), static_cast<double>(side));
}

Stem::Stem(const Row& row, std::int64_t index)
    : FastestBlock("stem", index), conv_({.in = 3, .out = row.stem, .kernel = 3, .stride = 2}, Activation::relu, kEps) {
  add_unit("backbone.first_conv", 0, conv_, row.side);
}

void Stem::forward(State& state, const Pass& pass) const {
  state.set("features", at::max_pool2d(conv_.forward(state.at("pixels"), pass), 3, 2, 1));
}

Shuffle::Width Shuffle::width_of(const Row& row, std::int64_t stage, std::int64_t place) {
  const auto number = static_cast<std::size_t>(stage - 2);
  const auto whole = row.channels[number];
  if (place > 0) return {whole / 2, whole / 2, whole - whole / 2, 1};
  const auto in = number == 0 ? row.stem : row.channels[number - 1];
  return {in, whole / 2, whole - in, 2};
}

Shuffle::Projection::Projection(const Width& width)
    : depthwise(depthwise_shape(width.in, 3, width.stride), Activation::none, kEps),
      pointwise({.in = width.in, .out = width.in}, Activation::relu, kEps) {}

Shuffle::Shuffle(const Row& row, std::int64_t stage, std::int64_t place, std::int64_t index)
    : FastestBlock("stage" + std::to_string(stage) + "." + std::to_string(place), index),
      width_(width_of(row, stage, place)),
      from_(place > 0 || stage == 2 ? "features" : map_behind(stage - 1)),
      to_(place + 1 == row.repeats[static_cast<std::size_t>(stage - 2)] ? map_behind(stage) : "features"),
      expand_({.in = width_.in, .out = width_.mid}, Activation::relu, kEps),
      depthwise_(depthwise_shape(width_.mid, 3, width_.stride), Activation::none, kEps),
      project_({.in = width_.mid, .out = width_.out}, Activation::relu, kEps) {
  const auto prefix = "backbone." + name() + ".";
  const auto after = row.side >> (stage + 1), side = width_.stride * after;
  add_unit(prefix + "branch_main", 0, expand_, side);
  add_unit(prefix + "branch_main", 3, depthwise_, side);
  add_unit(prefix + "branch_main", 5, project_, after);
  if (width_.stride == 1) return;
  projection_.emplace(width_);
  add_unit(prefix + "branch_proj", 0, projection_->depthwise, side);
  add_unit(prefix + "branch_proj", 2, projection_->pointwise, after);
}

void Shuffle::forward(State& state, const Pass& pass) const {
  const Tensor x = state.at(from_).to(pass.precision);
  Tensor beside = x, main = x;
  if (projection_) {
    const auto& own = *projection_;
    beside = own.one_pass.forward(nullptr, own.depthwise, &own.pointwise, x, {}, pass);
    if (!beside.defined()) beside = own.pointwise.forward(own.depthwise.forward(x, pass), pass);
  } else {
    beside = x.slice(1, 0, std::nullopt, 2);
    main = x.slice(1, 1, std::nullopt, 2);
  }
  Tensor branch = one_pass_.forward(&expand_, depthwise_, &project_, main, {}, pass);
  if (!branch.defined()) branch = project_.forward(depthwise_.forward(expand_.forward(main, pass), pass), pass);
  state.set(to_, at::cat({beside, branch}, 1));
}

SpatialPyramid::SpatialPyramid(const Row& row, std::int64_t index)
    : FastestBlock("SPP", index),
      narrow_({.in = row.channels[0] + row.channels[1] + row.channels[2], .out = row.neck}, Activation::relu, kEps),
      join_({.in = 3 * row.neck, .out = row.neck}, Activation::relu, kEps) {
  const auto side = row.side / kCell;
  add_unit("SPP.Conv1x1.conv1x1", 0, narrow_, side);
  for (int depth = 1; depth <= 3; ++depth) {
    auto& branch = branches_.emplace_back();
    for (int i = 0; i < depth; ++i) {
      branch.push_back(std::make_unique<ConvUnit>(depthwise_shape(row.neck, 5), Activation::relu, kEps));
      add_unit("SPP.S" + std::to_string(depth), 3 * i, *branch.back(), side);
    }
  }
  add_unit("SPP.output", 0, join_, side);
}

void SpatialPyramid::forward(State& state, const Pass& pass) const {
  const Tensor fine = state.at("c3").to(pass.precision), middle = state.at("c4").to(pass.precision),
               coarse = state.at("c5").to(pass.precision);
  const Tensor joined =
      at::cat({at::avg_pool2d(fine, 3, 2, 1), middle,
               at::upsample_nearest2d(coarse, {2 * coarse.size(2), 2 * coarse.size(3)}, std::nullopt, std::nullopt)},
              1);
  const Tensor x = narrow_.forward(joined, pass);
  std::vector<Tensor> seen;
  for (const auto& branch : branches_) {
    Tensor y = x;
    for (const auto& unit : branch) y = unit->forward(y, pass);
    seen.push_back(y);
  }
  state.set("features", join_.forward(at::cat(seen, 1), pass, x));
}

Branch::Answer::Answer(std::int64_t width, std::int64_t out)
    : look(depthwise_shape(width, 5), Activation::relu, kEps), say({.in = width, .out = out}, Activation::none, kEps) {}

Branch::Branch(const Row& row, const std::string& name, std::string output, std::int64_t classes, std::int64_t index)
    : FastestBlock(name, index),
      output_(std::move(output)),
      first_({.in = row.neck, .out = row.neck}, Activation::relu, kEps) {
  const auto side = row.side / kCell;
  add_unit(name + ".conv1x1.conv1x1", 0, first_, side);
  for (const auto& [own, out] :
       {std::pair{".obj_layers", std::int64_t{1}}, {".reg_layers", 4}, {".cls_layers", classes}}) {
    auto& answer = *answers_.emplace_back(std::make_unique<Answer>(row.neck, out));
    add_unit(name + own + ".conv5x5", 0, answer.look, side);
    add_unit(name + own + ".conv5x5", 3, answer.say, side);
  }
  if (name == kHead) return;
  // Where things lie is much the same for new classes: an increment begins as the head but for what is said of
  // objectness and classes.
  for (const auto& [own, layer] : layers()) layer->begins_as = kHead + own.substr(name.size());
  for (const auto& answer : {answers_.front().get(), answers_.back().get()}) {
    answer->say.conv().begins_as = answer->say.norm()->begins_as = "";
  }
}

void Branch::forward(State& state, const Pass& pass) const {
  Pass full = pass;
  full.precision = torch::kFloat;  // boxes and probabilities come of these
  const Tensor x = first_.forward(state.at("features"), pass);
  std::vector<Tensor> all;
  for (const auto& answer : answers_) all.push_back(answer->say.forward(answer->look.forward(x, pass), full));
  state.set(output_, at::cat(all, 1));
}

}  // namespace strop::fastestdet
