#include "nn/conv_unit.h"

#include <torch/csrc/autograd/autograd.h>

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr double kEps = 1e-3;

struct Case {
  std::string name;
  ConvShape shape;
  Activation activation = Activation::relu6;
  std::int64_t height = 9, width = 12;
  bool norm = true, residual = false;
};

// A unit with seeded weights, and what it computes, written with plain operators in double.
struct Twin {
  explicit Twin(const Case& which)
      : spec(which),
        unit(which.shape, which.activation, which.norm ? std::optional<double>(kEps) : std::nullopt, !which.norm) {
    const auto& shape = which.shape;
    const auto fan = static_cast<double>(shape.in / shape.groups * shape.kernel * shape.kernel);
    unit.conv().weight = seeded(unit.conv().shape(), 1, 1.5 / std::sqrt(fan));
    if (which.norm) {
      auto& norm = *unit.norm();
      norm.weight = seeded({shape.out}, 2, 0.5) + 1.5;
      norm.bias = seeded({shape.out}, 3);
      norm.running_mean = seeded({shape.out}, 4);
      norm.running_var = seeded({shape.out}, 5).abs() + 0.5;
    } else {
      unit.conv().bias = seeded({shape.out}, 6);
    }
    x = seeded({2, shape.in, which.height, which.width}, 7);
    if (which.residual) {
      residual = seeded({2, shape.out, shape.out_length(which.height), shape.out_length(which.width)}, 8);
    }
  }

  std::vector<Tensor*> weights() {
    std::vector<Tensor*> all = {&unit.conv().weight};
    if (unit.conv().has_bias()) all.push_back(&unit.conv().bias);
    if (spec.norm) all.insert(all.end(), {&unit.norm()->weight, &unit.norm()->bias});
    return all;
  }

  Tensor run(torch::ScalarType precision = torch::kFloat) const {
    Pass pass;
    pass.precision = precision;
    return unit.forward(x, pass, residual.defined() ? residual.to(precision) : residual);
  }

  // The definition; `twin` gives a tensor's copy in double.
  Tensor defined(const std::function<Tensor(const Tensor&)>& twin) {
    const auto& shape = spec.shape;
    const auto rows = shape.zeros(spec.height), columns = shape.zeros(spec.width);
    const Tensor in = at::constant_pad_nd(twin(x), {columns.first, columns.second, rows.first, rows.second});
    const auto bias = unit.conv().has_bias() ? std::optional<Tensor>(twin(unit.conv().bias)) : std::nullopt;
    Tensor y = at::conv2d(in, twin(unit.conv().weight), bias, shape.stride, std::vector<std::int64_t>(2, 0),
                          shape.dilation, shape.groups);
    if (spec.norm) {
      auto& norm = *unit.norm();
      y = at::batch_norm(y, twin(norm.weight), twin(norm.bias), norm.running_mean.to(torch::kDouble),
                         norm.running_var.to(torch::kDouble), false, 0, kEps, false);
    }
    if (residual.defined()) y = y + twin(residual);
    return activated(y, spec.activation);
  }

  Case spec;
  ConvUnit unit;
  Tensor x, residual;
};

std::vector<Case> cases() {
  std::vector<Case> all = {
      {"1x1", {8, 16}},
      {"1x1 without activation", {8, 16}, Activation::none},
      {"1x1 with residual", {16, 8}, Activation::none, 9, 12, true, true},
      {"1x1 odd widths", {7, 13}},
      {"1x1 to three", {16, 3}, Activation::none, 9, 12, false},
      {"1x1 stride 2", {8, 16, 1, 2}, Activation::none},
      {"3x3", {8, 16, 3}},
      {"3x3 relu after residual", {8, 8, 3}, Activation::relu, 9, 12, true, true},
      {"3x3 groups", {8, 16, 3, 1, 4}},
      {"3x3 dilated", {8, 16, 3, 1, 1, 2}},
      {"stem SAME even", {3, 8, 3, 2, 1, 1, Pad::same}, Activation::relu6, 12, 16},
      {"stem SAME odd", {3, 8, 3, 2, 1, 1, Pad::same}, Activation::relu6, 11, 13},
      {"stem SAME mixed", {3, 8, 3, 2, 1, 1, Pad::same}, Activation::relu6, 11, 14},
      {"7x7 stride 2", {3, 8, 7, 2}, Activation::relu, 17, 20},
      {"patches", {3, 8, 4, 4, 1, 1, Pad::none}, Activation::none, 12, 16},
      {"biased", {8, 16, 3}, Activation::relu6, 9, 12, false},
  };
  for (const std::int64_t kernel : {3, 5, 7}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const auto pad : {Pad::half, Pad::same}) {
        for (const std::int64_t channels : {16, 24, 40}) {
          all.push_back({"depthwise " + std::to_string(kernel) + " stride " + std::to_string(stride) +
                             (pad == Pad::same ? " SAME " : " ") + std::to_string(channels),
                         {channels, channels, kernel, stride, channels, 1, pad},
                         Activation::relu6,
                         10,
                         13});
        }
      }
    }
  }
  for (const auto activation :
       {Activation::relu, Activation::relu6, Activation::silu, Activation::hardswish, Activation::gelu}) {
    const auto number = std::to_string(static_cast<int>(activation));
    all.push_back({"activation " + number, {8, 16}, activation});
    all.push_back({"activation " + number + " 1x1 with residual", {24, 35}, activation, 9, 12, true, true});
    all.push_back({"activation " + number + " depthwise", {16, 16, 3, 1, 16}, activation});
    all.push_back({"activation " + number + " with residual", {8, 8, 3}, activation, 9, 12, true, true});
  }
  all.push_back({"depthwise smaller than its kernel", {16, 16, 5, 1, 16}, Activation::relu6, 2, 3});
  all.push_back({"depthwise dilated", {16, 16, 3, 1, 16, 2}});
  all.push_back({"depthwise biased", {16, 16, 7, 1, 16}, Activation::none, 9, 12, false});
  return all;
}

TEST(ConvUnit, FoldedFormComputesTheSame) {
  for (const auto& one : cases()) {
    Twin twin(one);
    torch::NoGradGuard no_grad;
    const Tensor expected = twin.defined([](const Tensor& tensor) { return tensor.to(torch::kDouble); });
    expect_close(twin.run(), expected, 1e-5, one.name);
    EXPECT_TRUE(twin.run().is_contiguous(torch::MemoryFormat::ChannelsLast)) << one.name;
    expect_close(twin.run(torch::kBFloat16), expected, 4e-2, one.name + " in bf16");
  }
}

// Gradients of everything that asks for one, in each of the three forms.
void expect_gradients(const Case& one, bool weights_train, bool norm_trains, double limit,
                      torch::ScalarType precision = torch::kFloat) {
  Twin twin(one);
  twin.x.requires_grad_();
  if (twin.residual.defined()) twin.residual.requires_grad_();
  if (weights_train) {
    for (auto* weight : twin.weights()) weight->requires_grad_();
  }
  if (norm_trains && one.norm) {
    for (auto* weight : {&twin.unit.norm()->weight, &twin.unit.norm()->bias}) weight->requires_grad_();
  }
  std::map<const void*, Tensor> doubles;
  const auto in_double = [&](const Tensor& tensor) {
    auto& own = doubles[tensor.unsafeGetTensorImpl()];
    if (!own.defined()) own = tensor.detach().to(torch::kDouble).requires_grad_(tensor.requires_grad());
    return own;
  };
  const Tensor expected = twin.defined(in_double), found = twin.run(precision);
  const Tensor g = seeded(expected.sizes().vec(), 9);
  std::vector<Tensor> leaves = {twin.x}, references;
  if (twin.residual.defined()) leaves.push_back(twin.residual);
  for (auto* weight : twin.weights()) {
    if (weight->requires_grad()) leaves.push_back(*weight);
  }
  for (const auto& leaf : leaves) references.push_back(in_double(leaf));
  const auto ours = torch::autograd::grad({found}, leaves, {g.to(precision)});
  const auto theirs = torch::autograd::grad({expected}, references, {g.to(torch::kDouble)});
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].scalar_type(), leaves[i].scalar_type());
    expect_close(ours[i], theirs[i], limit, one.name + ", leaf " + std::to_string(i));
  }
}

TEST(ConvUnit, GradientThroughFrozenWeights) {
  for (const auto& one : cases()) expect_gradients(one, false, false, 1e-5);
}
TEST(ConvUnit, GradientOfTrainedWeights) {
  for (const auto& one : cases()) expect_gradients(one, true, true, 1e-5);
}
TEST(ConvUnit, GradientOfTheNormAlone) {
  for (const auto& one : cases()) expect_gradients(one, false, true, 1e-5);
}
TEST(ConvUnit, GradientsInBf16) {
  for (const auto& one : cases()) {
    if (one.activation == Activation::none) expect_gradients(one, true, true, 4e-2, torch::kBFloat16);
  }
}

TEST(ConvUnit, NumericalGradient) {
  for (const auto& shape :
       {ConvShape{4, 6, 3, 2, 1, 1, Pad::same}, ConvShape{16, 16, 3, 2, 16, 1, Pad::same}, ConvShape{6, 4}}) {
    Twin twin({"numerical", shape, Activation::silu, 7, 8});
    twin.x.requires_grad_();
    for (auto* weight : twin.weights()) weight->requires_grad_();
    const Tensor y = twin.run();
    const Tensor g = seeded(y.sizes().vec(), 9);
    y.backward(g);
    const auto value = [&] {
      torch::AutoGradMode with_graph(true);  // weights as they are now, whatever was kept of them
      return (twin.run().to(torch::kDouble) * g).sum().item<double>();
    };
    std::vector<Tensor> leaves = {twin.x};
    for (auto* weight : twin.weights()) leaves.push_back(*weight);
    for (const auto& leaf : leaves) {
      for (const std::int64_t entry : {std::int64_t{0}, leaf.numel() / 2, leaf.numel() - 1}) {
        const double expected = numerical_gradient(leaf, entry, value, 3e-3F);
        const double found = leaf.grad().reshape(-1)[entry].item<double>();
        EXPECT_NEAR(found, expected, 2e-2 * std::max(1.0, std::abs(expected)));
      }
    }
  }
}

TEST(ConvUnit, WhatIsFrozenStaysAndWhatChangedIsSeen) {
  Twin twin({"kept", {8, 16, 3}});
  torch::NoGradGuard no_grad;
  const Tensor before = twin.run().clone();
  EXPECT_TRUE(same_bits(twin.run(), before));
  const Tensor mean = twin.unit.norm()->running_mean.clone();
  twin.unit.norm()->running_mean.add_(1);
  EXPECT_FALSE(same_bits(twin.run(), before));
  twin.unit.norm()->running_mean.copy_(mean);
  EXPECT_TRUE(same_bits(twin.run(), before));
  Pass training;
  training.training = true;
  twin.unit.forward(twin.x, training);
  EXPECT_TRUE(same_bits(twin.unit.norm()->running_mean, mean));
}

TEST(ConvUnit, InputsOfOtherSizes) {
  Twin twin({"sizes", {3, 8, 3, 2, 1, 1, Pad::same}});
  torch::NoGradGuard no_grad;
  for (const std::int64_t size : {16, 15, 31, 16}) {
    twin.spec.height = twin.spec.width = size;
    twin.x = seeded({3, 3, size, size}, static_cast<std::uint64_t>(size));
    expect_close(twin.run(), twin.defined([](const Tensor& tensor) { return tensor.to(torch::kDouble); }), 1e-5,
                 std::to_string(size));
  }
}

// weight + 0.5 B A, once as a merged weight and once behind the product.
class LowRankOnConv : public Adapter {
 public:
  LowRankOnConv(Tensor a, Tensor b, bool merges) : a_(std::move(a)), b_(std::move(b)), merges_(merges) {}
  bool merges(const Pass&) const override { return merges_; }
  Tensor output(const Tensor& x, const Tensor& y, const Layer&, const Pass&) const override {
    return y + at::conv2d(at::conv2d(x, a_, std::nullopt, 1, std::vector<std::int64_t>(2, 1)), b_) * 0.5;
  }
  void merge(const Layer& layer, Tensor& weight, Tensor& bias) const override {
    weight = layer.weight + at::mm(b_.flatten(1), a_.flatten(1)).view(layer.shape()) * 0.5;
    bias = layer.bias;
  }
  std::map<std::string, Tensor*> tensors() override { return {{"a", &a_}, {"b", &b_}}; }

 private:
  Tensor a_, b_;
  bool merges_;
};

TEST(ConvUnit, AdaptersMergedAndBehindAreTheSame) {
  std::vector<Tensor> results[2], factors;
  for (const bool merges : {true, false}) {
    Twin twin({"adapter", {8, 16, 3}});
    factors = {seeded({2, 8, 3, 3}, 21, 0.3).requires_grad_(), seeded({16, 2, 1, 1}, 22, 0.3).requires_grad_()};
    twin.unit.conv().adapter = std::make_unique<LowRankOnConv>(factors[0], factors[1], merges);
    twin.x.requires_grad_();
    const Tensor y = twin.run();
    auto& result = results[merges ? 0 : 1];
    result = torch::autograd::grad({y}, {twin.x, factors[0], factors[1]}, {seeded(y.sizes().vec(), 9)});
    result.push_back(y);
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    expect_close(results[0][i], results[1][i], 1e-5, "tensor " + std::to_string(i));
  }
}

}  // namespace
}  // namespace strop
