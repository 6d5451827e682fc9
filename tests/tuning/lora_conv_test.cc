// LoRA and DoRA of convolutions: the sum of two convolutions that PEFT computes, folded into one, with its gradients.
#include "tuning/lora_conv.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "models/conv_reference.h"
#include "nn/compare.h"
#include "nn/conv_unit.h"
#include "tuning/apply.h"
#include "tuning/peft_files.h"

namespace strop {
namespace {

using torch::Tensor;

struct Case {
  const char* name;
  ConvShape shape;
  std::int64_t rank;
  bool dora = false;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

const std::vector<Case> kCases = {
    {"pointwise", {.in = 8, .out = 12}, 3},
    {"strided", {.in = 4, .out = 6, .kernel = 3, .stride = 2}, 2},
    {"same_padding", {.in = 4, .out = 6, .kernel = 3, .stride = 2, .pad = Pad::same}, 2},
    {"dilated", {.in = 4, .out = 6, .kernel = 3, .dilation = 2}, 2},
    {"grouped", {.in = 8, .out = 12, .kernel = 3, .groups = 2}, 4},
    {"depthwise", {.in = 6, .out = 6, .kernel = 5, .groups = 6}, 6},
    {"dora", {.in = 8, .out = 12, .kernel = 3}, 3, true},
    {"dora_grouped", {.in = 8, .out = 12, .groups = 2}, 4, true},
};

class LoraConv : public testing::TestWithParam<Case> {
 protected:
  LoraConv() : unit_(GetParam().shape, Activation::none, std::nullopt, /*has_bias=*/true) {
    const auto& shape = GetParam().shape;
    const auto rank = GetParam().rank;
    auto& conv = unit_.conv();
    conv.weight = seeded(conv.shape(), 1, 0.3);
    conv.bias = seeded({shape.out}, 2);
    a_ = seeded({rank, shape.in / shape.groups, shape.kernel, shape.kernel}, 3, 0.3).requires_grad_();
    b_ = seeded({shape.out, rank / shape.groups, 1, 1}, 4, 0.3).requires_grad_();
    if (GetParam().dora) magnitude_ = seeded({1, shape.out, 1, 1}, 5, 0.1).add_(1).requires_grad_();
    conv.adapter = std::make_unique<LoraConvAdapter>(conv, a_, b_, magnitude_, LoraSettings{.scale = 1.5});
  }

  Tensor padded(const Tensor& x) const {
    const auto [top, bottom] = GetParam().shape.zeros(x.size(2));
    const auto [left, right] = GetParam().shape.zeros(x.size(3));
    return at::constant_pad_nd(x, {left, right, top, bottom});
  }
  // As PEFT's lora.Conv2d computes it: two convolutions beside the layer's own.
  Tensor expected(const Tensor& x) const {
    const auto& shape = GetParam().shape;
    const auto conv = [&](const Tensor& in, const Tensor& weight) {
      return at::conv2d(padded(in), weight, {}, shape.stride, at::IntArrayRef(0), shape.dilation, shape.groups);
    };
    const Tensor base = conv(x, layer().weight),
                 low = 1.5 * at::conv2d(conv(x, a_), b_, {}, 1, at::IntArrayRef(0), 1, shape.groups);
    const Tensor bias = layer().bias.view({1, -1, 1, 1});
    if (!magnitude_.defined()) return base + low + bias;
    return magnitude_ / (layer().weight + delta()).detach().flatten(1).norm(2, 1).view({1, -1, 1, 1}) * (base + low) +
           bias;
  }
  // s B A filter by filter, as the definition has it.
  Tensor delta() const {
    const auto groups = GetParam().shape.groups, out = b_.size(0), rank = b_.size(1);
    std::vector<Tensor> filters;
    for (std::int64_t o = 0; o < out; ++o) {
      const auto group = o / (out / groups);
      Tensor filter = torch::zeros_like(layer().weight[o]);
      for (std::int64_t j = 0; j < rank; ++j) filter = filter + 1.5 * b_[o][j].view({1, 1, 1}) * a_[group * rank + j];
      filters.push_back(filter);
    }
    return at::stack(filters);
  }
  const Conv2d& layer() const { return const_cast<LoraConv*>(this)->unit_.conv(); }
  std::vector<Tensor> leaves() const {
    return magnitude_.defined() ? std::vector<Tensor>{a_, b_, magnitude_} : std::vector<Tensor>{a_, b_};
  }

  ConvUnit unit_;
  Tensor a_, b_, magnitude_;
};

INSTANTIATE_TEST_SUITE_P(All, LoraConv, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(LoraConv, MergedEqualsTheTwoConvolutions) {
  const Tensor x = seeded({2, GetParam().shape.in, 7, 9}, 9);
  const Tensor found = unit_.forward(x, {}), wanted = expected(x);
  expect_close(found, wanted, 1e-5, "result");
  const Tensor g = seeded(wanted.sizes().vec(), 10);
  const auto ours = torch::autograd::grad({found}, leaves(), {g}),
             theirs = torch::autograd::grad({wanted}, leaves(), {g});
  for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], theirs[i], 1e-4, "leaf " + std::to_string(i));
  Tensor weight, bias;
  layer().adapter->merge(layer(), weight, bias);
  if (!magnitude_.defined()) expect_close(weight, layer().weight + delta(), 1e-6, "weight");
}

// What dropout asks for: the adapter's own two convolutions.
TEST_P(LoraConv, BesideTheLayerEqualsMerged) {
  const Tensor x = seeded({2, GetParam().shape.in, 7, 9}, 9).contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor merged = unit_.forward(x, {});
  const auto adapter = std::move(unit_.conv().adapter);
  const Tensor plain = unit_.forward(x, {});
  const Tensor found = adapter->output(x, plain, layer(), {});
  // DoRA scales the layer's own part without its bias.
  expect_close(found, merged, 1e-5, "result");
}

TEST_P(LoraConv, ThroughDropoutInTraining) {
  const auto& shape = GetParam().shape;
  unit_.conv().adapter =
      std::make_unique<LoraConvAdapter>(layer(), a_, b_, magnitude_, LoraSettings{.scale = 1.5, .dropout = 0.5});
  const Tensor x = seeded({2, shape.in, 7, 9}, 9);
  Pass pass;
  expect_close(unit_.forward(x, pass), expected(x), 1e-5, "outside training nothing drops");
  pass.training = true;
  const Tensor once = unit_.forward(x, pass).detach();
  EXPECT_TRUE(same_bits(once, unit_.forward(x, pass).detach())) << "the same key";
  pass.dropout_key = 1;
  EXPECT_GT(distance(unit_.forward(x, pass), once), 1e-3);
}

// tests/data/conv_peft: what PEFT wrote over tests/data/conv and what it computes (tools/make_peft_conv_reference.py).
class PeftConv : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Files, PeftConv,
                         testing::Values("timm_b.plain", "timm_resnet_bottleneck.plain", "timm_resnet_bottleneck.dora",
                                         "timm_resnet_bottleneck.rslora", "transformers_resnet.plain"),
                         [](const auto& one) {
                           auto name = one.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_P(PeftConv, FilesSayTheSameHere) {
  torch::NoGradGuard no_grad;
  const TinyNet net(GetParam().substr(0, GetParam().find('.')));
  const auto folder = conv_data().parent_path() / "conv_peft" / GetParam();
  nlohmann::json reference;
  std::ifstream(folder / "reference.json") >> reference;
  std::vector<Tensor> rows;
  for (const auto& row : reference.at("logits")) rows.push_back(torch::tensor(row.get<std::vector<float>>()));
  auto& model = *net.opened.model;
  EXPECT_EQ(read_adapter(folder, model), "lora");
  expect_close(net.logits(), at::stack(rows), 1e-4, "adapted");
  EXPECT_GT(distance(net.logits(), net.expected_logits()), 1e-2) << "the adapter does nothing";
  merge_adapters(model);
  expect_close(net.logits(), at::stack(rows), 1e-4, "merged");
}

}  // namespace
}  // namespace strop
