// Pairs of a depthwise convolution and a product at each pixel as one function against unit by unit.
#include "nn/separable.h"

#include "compare.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/separable_bands.h"

namespace strop {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  std::int64_t channels, out, kernel = 3, height = 9, width = 12;
  Activation filtered = Activation::silu, projected = Activation::silu;
};

const std::vector<Case> kCases = {
    {.name = "plain", .channels = 16, .out = 32},
    {.name = "odd channels", .channels = 19, .out = 21},
    {.name = "few results", .channels = 40, .out = 3},
    {.name = "5 x 5", .channels = 24, .out = 16, .kernel = 5, .height = 11, .width = 8},
    {.name = "a narrow, high picture", .channels = 8, .out = 8, .height = 61, .width = 7},
    {.name = "one row", .channels = 8, .out = 8, .kernel = 5, .height = 1, .width = 30},
    {.name = "wide", .channels = 8, .out = 24, .height = 4, .width = 150},
    {.name = "relu", .channels = 16, .out = 16, .filtered = Activation::relu, .projected = Activation::relu},
    {.name = "relu6, then none",
     .channels = 16,
     .out = 16,
     .filtered = Activation::relu6,
     .projected = Activation::none},
    {.name = "none, then hardswish",
     .channels = 16,
     .out = 16,
     .filtered = Activation::none,
     .projected = Activation::hardswish},
    {.name = "hardswish, then relu6",
     .channels = 16,
     .out = 16,
     .filtered = Activation::hardswish,
     .projected = Activation::relu6},
};

struct Twin {
  explicit Twin(const Case& one)
      : depthwise({.in = one.channels, .out = one.channels, .kernel = one.kernel, .groups = one.channels}, one.filtered,
                  1e-3),
        pointwise({.in = one.channels, .out = one.out}, one.projected, 1e-3),
        x(seeded({5, one.channels, one.height, one.width}, 40).contiguous(torch::MemoryFormat::ChannelsLast)),
        g(seeded({5, one.out, one.height, one.width}, 41)) {
    for (auto* unit : {&depthwise, &pointwise}) {
      const auto channels = unit->conv().conv().out;
      unit->conv().weight = seeded(unit->conv().shape(), 10, 0.4);
      unit->norm()->weight = seeded({channels}, 11, 0.5) + 1.5;
      unit->norm()->bias = seeded({channels}, 12);
      unit->norm()->running_mean = seeded({channels}, 13);
      unit->norm()->running_var = seeded({channels}, 14).abs() + 0.5;
    }
    for (const auto& leaf : leaves()) leaf.set_requires_grad(true);
  }
  std::vector<Tensor> leaves() const {
    return {x,
            depthwise.conv().weight,
            depthwise.norm()->weight,
            depthwise.norm()->bias,
            pointwise.conv().weight,
            pointwise.norm()->weight,
            pointwise.norm()->bias};
  }
  Tensor at_once(const Pass& pass = {}) const { return separable(depthwise, pointwise, x, pass); }
  Tensor one_by_one() const { return pointwise.forward(depthwise.forward(x, {}), {}); }
  std::vector<Tensor> gradients(const Tensor& y) const {
    y.backward(g);
    std::vector<Tensor> all;
    for (auto leaf : leaves()) {
      all.push_back(leaf.grad().clone());
      leaf.mutable_grad().reset();
    }
    return all;
  }

  mutable ConvUnit depthwise, pointwise;
  Tensor x, g;
};

TEST(Separable, EqualsItsUnits) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    const Twin twin(one);
    const Tensor found = twin.at_once(), expected = twin.one_by_one();
    expect_close(found, expected, 1e-4, "result");
    EXPECT_TRUE(found.is_contiguous(torch::MemoryFormat::ChannelsLast));
    const auto own = twin.gradients(found), wanted = twin.gradients(expected);
    for (std::size_t i = 0; i < own.size(); ++i) expect_close(own[i], wanted[i], 3e-4, "gradient " + std::to_string(i));
  }
}

// Bands without a gradient are passed over: at both ends, between others, and all of a picture.
TEST(Separable, GradientsAtFewPixels) {
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::vector<std::int64_t>& rows :
         std::vector<std::vector<std::int64_t>>{{0}, {60}, {31}, {14, 15}, {3, 40}, {}}) {
      SCOPED_TRACE(std::to_string(kernel) + " taps, rows " + ::testing::PrintToString(rows));
      Twin twin({.name = "few", .channels = 19, .out = 21, .kernel = kernel, .height = 61, .width = 8});
      const Tensor all = twin.g;
      twin.g = at::zeros_like(all);
      for (const auto row : rows) twin.g[2].select(1, row).copy_(all[2].select(1, row));
      const auto own = twin.gradients(twin.at_once()), wanted = twin.gradients(twin.one_by_one());
      for (std::size_t i = 0; i < own.size(); ++i) {
        expect_close(own[i], wanted[i], 3e-4, "gradient " + std::to_string(i));
      }
    }
  }
}

TEST(Separable, NumericalGradient) {
  const Twin twin({.name = "numerical", .channels = 8, .out = 6, .height = 5, .width = 9});
  const auto found = twin.gradients(twin.at_once());
  const auto leaves = twin.leaves();
  const auto value = [&] {
    torch::NoGradGuard no_grad;
    return (twin.at_once().to(torch::kDouble) * twin.g).sum().item<double>();
  };
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (const std::int64_t entry : {std::int64_t{0}, leaves[i].numel() / 2, leaves[i].numel() - 1}) {
      const double expected = numerical_gradient(leaves[i], entry, value, 3e-3F);
      // Entries as they lie in memory.
      const double own = found[i].as_strided({found[i].numel()}, {1})[entry].item<double>();
      EXPECT_NEAR(own, expected, 2e-2 * std::max(1.0, std::abs(expected))) << "leaf " << i << ", entry " << entry;
    }
  }
}

TEST(Separable, FrozenPartsGetNoGradient) {
  const Twin twin({.name = "frozen", .channels = 16, .out = 16});
  const auto wanted = twin.gradients(twin.at_once());
  twin.x.set_requires_grad(false);
  twin.depthwise.conv().weight.set_requires_grad(false);
  const Tensor y = twin.at_once();
  y.backward(twin.g);
  EXPECT_FALSE(twin.x.grad().defined());
  EXPECT_FALSE(twin.depthwise.conv().weight.grad().defined());
  EXPECT_TRUE(same_bits(twin.pointwise.conv().weight.grad(), wanted[4]));
}

TEST(Separable, LeavesAloneWhatItCantDo) {
  Pass half;
  half.precision = torch::kBFloat16;
  EXPECT_FALSE(Twin({.name = "half", .channels = 8, .out = 8}).at_once(half).defined());
  Pass estimating;
  estimating.estimates_norms = true;
  EXPECT_FALSE(Twin({.name = "estimating", .channels = 8, .out = 8}).at_once(estimating).defined());
  EXPECT_FALSE(Twin({.name = "narrow", .channels = 8, .out = 8, .width = 6}).at_once().defined());
  EXPECT_FALSE(Twin({.name = "7 x 7", .channels = 8, .out = 8, .kernel = 7}).at_once().defined());
  EXPECT_FALSE(Twin({.name = "gelu", .channels = 8, .out = 8, .filtered = Activation::gelu}).at_once().defined());
}

// Whichever this processor would choose: the passes of those it can run agree.
TEST(Separable, EachProcessorsPassAgrees) {
#ifndef STROP_HAS_CLONES
  GTEST_SKIP() << "this build has one pass only";
#else
  const std::int64_t height = 11, width = 9, channels = 24, out = 17, kernel = 3;
  const auto wide = kernels::padded_channels(channels), wide_out = kernels::padded_channels(out);
  const Tensor x = seeded({height, width, channels}, 1), raw = seeded({height, width, out}, 2),
               g = seeded({height, width, out}, 3);
  const Tensor filter = seeded({kernel * kernel, wide}, 4), bias = seeded({wide}, 5),
               turned = filter.flip({0}).contiguous();
  const Tensor project = seeded({out, wide}, 6);
  for (const auto& padding : {filter, bias, turned}) padding.narrow(-1, channels, wide - channels).zero_();
  const auto gradients = [&](void (*pass)(const kernels::Separable&)) {
    std::vector<Tensor> sums = {at::zeros({height, width, channels}), at::zeros({kernel * kernel, wide}),
                                at::zeros({wide}), at::zeros({out, wide}), at::zeros({wide_out})};
    kernels::Separable work{x.data_ptr<float>(),
                            height,
                            width,
                            channels,
                            kernel,
                            filter.data_ptr<float>(),
                            bias.data_ptr<float>(),
                            turned.data_ptr<float>(),
                            {kernels::Bend::silu},
                            out,
                            project.data_ptr<float>(),
                            {kernels::Bend::hardswish},
                            raw.data_ptr<float>(),
                            g.data_ptr<float>(),
                            sums[0].data_ptr<float>(),
                            sums[1].data_ptr<float>(),
                            sums[2].data_ptr<float>(),
                            sums[3].data_ptr<float>(),
                            sums[4].data_ptr<float>(),
                            nullptr};
    std::vector<float> scratch(static_cast<std::size_t>(kernels::separable_scratch(work)));
    work.scratch = scratch.data();
    pass(work);
    return sums;
  };
  const auto plain = gradients(kernels::separable_gradient_plain);
  for (const auto& [level, pass] :
       {std::pair{__builtin_cpu_supports("x86-64-v3"), &kernels::separable_gradient_avx2},
        std::pair{__builtin_cpu_supports("x86-64-v4"), &kernels::separable_gradient_avx512}}) {
    if (level <= 0) continue;
    const auto found = gradients(pass);
    for (std::size_t i = 0; i < found.size(); ++i) expect_close(found[i], plain[i], 1e-4, "sum " + std::to_string(i));
  }
#endif
}

}  // namespace
}  // namespace strop
