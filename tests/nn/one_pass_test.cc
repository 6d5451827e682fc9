// The one pass over a picture against its convolutions one by one.
#include "nn/one_pass.h"

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  std::int64_t in, wide, out;
  std::int64_t kernel = 3, stride = 1, height = 9, width = 12;
  std::int64_t dilation = 1;
  Activation activation = Activation::relu6, filtered = activation, projected = Activation::none;
  Pad pad = Pad::half;
  bool expands = true, projects = true, residual = false;
};

void fill(ConvUnit& unit, std::uint64_t seed) {
  const auto& shape = unit.conv().conv();
  unit.conv().weight = seeded(unit.conv().shape(), seed, 0.4);
  auto& norm = *unit.norm();
  norm.weight = seeded({shape.out}, seed + 1, 0.5) + 1.5;
  norm.bias = seeded({shape.out}, seed + 2);
  norm.running_mean = seeded({shape.out}, seed + 3);
  norm.running_var = seeded({shape.out}, seed + 4).abs() + 0.5;
}

struct Twin {
  explicit Twin(const Case& which)
      : expand({.in = which.in, .out = which.wide}, which.activation, 1e-3),
        depthwise({.in = which.wide,
                   .out = which.wide,
                   .kernel = which.kernel,
                   .stride = which.stride,
                   .groups = which.wide,
                   .dilation = which.dilation,
                   .pad = which.pad},
                  which.filtered, 1e-3),
        project({.in = which.wide, .out = which.out}, which.projected, 1e-3),
        expander(which.expands ? &expand : nullptr),
        projector(which.projects ? &project : nullptr),
        x(seeded({3, which.expands ? which.in : which.wide, which.height, which.width}, 40)) {
    fill(expand, 10);
    fill(depthwise, 20);
    fill(project, 30);
    const auto& shape = depthwise.conv().conv();
    if (which.residual)
      residual = seeded({3, which.out, shape.out_length(which.height), shape.out_length(which.width)}, 41);
  }
  Tensor one_by_one() const {
    const Tensor wide = depthwise.forward(expander != nullptr ? expand.forward(x, {}) : x, {});
    return projector != nullptr ? project.forward(wide, {}, residual) : wide;
  }
  Tensor at_once(const Pass& pass = {}) const {
    return one_pass.forward(expander, depthwise, projector, x, residual, pass);
  }

  ConvUnit expand, depthwise, project;
  const ConvUnit *expander, *projector;
  Tensor x, residual;
  OnePass one_pass;
};

TEST(OnePass, EqualsItsConvolutions) {
  const std::vector<Case> cases = {
      {.name = "plain", .in = 8, .wide = 24, .out = 16},
      {.name = "residual", .in = 8, .wide = 24, .out = 20, .residual = true},
      {.name = "odd channels", .in = 5, .wide = 19, .out = 7, .residual = true},
      {.name = "stride", .in = 8, .wide = 32, .out = 40, .stride = 2},
      {.name = "5 x 5, stride, TensorFlow's zeros",
       .in = 8,
       .wide = 16,
       .out = 8,
       .kernel = 5,
       .stride = 2,
       .height = 14,
       .width = 14,
       .pad = Pad::same},
      {.name = "5 x 5 on less than a tile",
       .in = 8,
       .wide = 48,
       .out = 24,
       .kernel = 5,
       .height = 3,
       .width = 3,
       .residual = true},
      {.name = "one pixel", .in = 8, .wide = 16, .out = 8, .height = 1, .width = 1},
      {.name = "not widened", .in = 24, .wide = 24, .out = 16, .expands = false},
      {.name = "not narrowed", .in = 8, .wide = 24, .out = 24, .projects = false},
      {.name = "not narrowed, odd, small",
       .in = 8,
       .wide = 19,
       .out = 19,
       .stride = 2,
       .height = 5,
       .width = 5,
       .projects = false},
      {.name = "tall", .in = 4, .wide = 16, .out = 8, .height = 41, .width = 6},
      {.name = "wide", .in = 4, .wide = 16, .out = 8, .kernel = 5, .height = 5, .width = 130},
      {.name = "relu", .in = 8, .wide = 24, .out = 16, .activation = Activation::relu},
      {.name = "silu", .in = 8, .wide = 24, .out = 16, .activation = Activation::silu},
      {.name = "hardswish", .in = 8, .wide = 24, .out = 16, .activation = Activation::hardswish},
      {.name = "three of them",
       .in = 8,
       .wide = 24,
       .out = 40,
       .activation = Activation::relu,
       .filtered = Activation::hardswish,
       .projected = Activation::silu,
       .residual = true},
      {.name = "a narrow branch",
       .in = 12,
       .wide = 12,
       .out = 12,
       .height = 23,
       .width = 23,
       .activation = Activation::relu,
       .filtered = Activation::none,
       .projected = Activation::relu},
      {.name = "7 x 7", .in = 8, .wide = 40, .out = 33, .kernel = 7, .height = 15, .width = 15},
      {.name = "dilated", .in = 8, .wide = 24, .out = 16, .height = 17, .width = 17, .dilation = 2},
      {.name = "pixels of one tile and a bit",
       .in = 32,
       .wide = 64,
       .out = 48,
       .height = 7,
       .width = 7,
       .residual = true},
      {.name = "no activation", .in = 8, .wide = 24, .out = 16, .activation = Activation::none},
  };
  torch::NoGradGuard no_grad;
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const Twin twin(one);
    const Tensor found = twin.at_once();
    ASSERT_TRUE(found.defined());
    EXPECT_TRUE(found.is_contiguous(torch::MemoryFormat::ChannelsLast));
    expect_close(found, twin.one_by_one(), 1e-4, one.name);
  }
}

TEST(OnePass, ChangedWeightsAreSeen) {
  torch::NoGradGuard no_grad;
  Twin twin({.name = "", .in = 8, .wide = 24, .out = 16});
  const Tensor before = twin.at_once();
  twin.depthwise.norm()->running_mean.add_(1);
  EXPECT_GT(distance(twin.at_once(), before), 1e-2);
  expect_close(twin.at_once(), twin.one_by_one(), 1e-4, "statistics");
  twin.project.conv().weight = seeded(twin.project.conv().shape(), 90);
  expect_close(twin.at_once(), twin.one_by_one(), 1e-4, "weights");
}

TEST(OnePass, LeavesAloneWhatItCantDo) {
  Twin twin({.name = "", .in = 8, .wide = 24, .out = 16});
  EXPECT_TRUE(twin.at_once().defined());
  Pass half;
  half.precision = torch::kBFloat16;
  EXPECT_FALSE(twin.at_once(half).defined());
  Pass estimating;
  estimating.estimates_norms = true;
  EXPECT_FALSE(twin.at_once(estimating).defined());
  twin.x.requires_grad_();
  EXPECT_FALSE(twin.at_once().defined()) << "a gradient passes through";
  twin.x = twin.x.detach();
  twin.expand.conv().weight.requires_grad_();
  EXPECT_FALSE(twin.at_once().defined()) << "a weight trains";
  torch::NoGradGuard no_grad;
  EXPECT_TRUE(twin.at_once().defined());
  const Twin gelu({.name = "", .in = 8, .wide = 24, .out = 16, .activation = Activation::gelu});
  EXPECT_FALSE(gelu.at_once().defined());
}

}  // namespace
}  // namespace strop
