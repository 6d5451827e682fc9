#include "nn/linear.h"

#include <torch/csrc/autograd/autograd.h>

#include <cstring>

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kRows = 19, kIn = 12;

// y += scale B A x; fused where `plain`, through output() where not.
class TestAdapter : public Adapter {
 public:
  TestAdapter(Tensor a, Tensor b, double scale, bool plain)
      : a_(std::move(a)), b_(std::move(b)), scale_(scale), plain_(plain) {}
  std::optional<LowRank> low_rank(const Pass&) const override {
    return plain_ ? std::optional<LowRank>(LowRank{a_, b_, scale_}) : std::nullopt;
  }
  Tensor output(const Tensor& x, const Tensor& y, const Layer&, const Pass& pass) const override {
    return y + at::linear(at::linear(x, a_.to(pass.precision)), b_.to(pass.precision)) * scale_;
  }
  void merge(const Layer& layer, Tensor& weight, Tensor& bias) const override {
    weight = layer.weight + at::mm(b_, a_) * scale_;
    bias = layer.bias;
  }
  std::map<std::string, Tensor*> tensors() override { return {{"a", &a_}, {"b", &b_}}; }

 private:
  Tensor a_, b_;
  double scale_;
  bool plain_;
};

struct Member {
  std::int64_t out, rank;  // rank 0: no adapter
  bool plain = true;
};

struct Group {
  std::vector<std::unique_ptr<Linear>> layers;
  std::vector<Tensor> factors;  // a, b of each adapted member
  Tensor x = seeded({kRows, kIn}, 1).requires_grad_();
  std::unique_ptr<LinearGroup> group;

  explicit Group(const std::vector<Member>& members, bool has_bias = true) {
    std::vector<const Linear*> all;
    std::uint64_t seed = 10;
    for (const auto& member : members) {
      auto& layer = *layers.emplace_back(std::make_unique<Linear>(kIn, member.out, has_bias));
      layer.weight = seeded({member.out, kIn}, ++seed, 0.3);
      if (has_bias) layer.bias = seeded({member.out}, ++seed);
      if (member.rank > 0) {
        factors.push_back(seeded({member.rank, kIn}, ++seed, 0.3).requires_grad_());
        factors.push_back(seeded({member.out, member.rank}, ++seed, 0.3).requires_grad_());
        layer.adapter = std::make_unique<TestAdapter>(factors[factors.size() - 2], factors.back(),
                                                      0.5 + 0.5 * static_cast<double>(member.rank), member.plain);
      }
      all.push_back(&layer);
    }
    group = std::make_unique<LinearGroup>(all);
  }
  Tensor run(const Pass& pass = {}) const { return group->forward(x.to(pass.precision), pass); }

  // The definition, in double, of leaves [x, factors..., weights..., biases...].
  std::vector<Tensor> leaves() const {
    std::vector<Tensor> all = {x};
    all.insert(all.end(), factors.begin(), factors.end());
    for (const auto& layer : layers) {
      if (layer->weight.requires_grad()) all.push_back(layer->weight);
      if (layer->bias.defined() && layer->bias.requires_grad()) all.push_back(layer->bias);
    }
    return all;
  }
};

void expect_parity(const Group& group, double limit, const Pass& pass = {}) {
  std::map<const void*, Tensor> twins;  // of each tensor, in double
  const auto twin = [&](const Tensor& tensor) {
    auto& one = twins[tensor.unsafeGetTensorImpl()];
    if (!one.defined()) one = tensor.detach().to(torch::kDouble).requires_grad_();
    return one;
  };
  std::vector<Tensor> parts;
  std::size_t factor = 0;
  for (const auto& layer : group.layers) {
    Tensor y = twin(group.x).matmul(twin(layer->weight).t());
    if (layer->bias.defined()) y = y + twin(layer->bias);
    if (layer->adapter) {
      const Tensor &a = group.factors[factor], &b = group.factors[factor + 1];
      y = y + twin(group.x).matmul(twin(a).t()).matmul(twin(b).t()) * (0.5 + 0.5 * static_cast<double>(a.size(0)));
      factor += 2;
    }
    parts.push_back(y);
  }
  const Tensor expected = at::cat(parts, 1), found = group.run(pass);
  expect_close(found, expected, limit, "result");
  const Tensor g = seeded(expected.sizes().vec(), 99);
  const auto leaves = group.leaves();
  std::vector<Tensor> reference;
  for (const auto& leaf : leaves) reference.push_back(twin(leaf));
  const auto ours = torch::autograd::grad({found}, leaves, {g.to(found.scalar_type())});
  const auto theirs = torch::autograd::grad({expected}, reference, {g.to(torch::kDouble)});
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].scalar_type(), leaves[i].scalar_type());
    expect_close(ours[i], theirs[i], limit, "leaf " + std::to_string(i));
  }
}

TEST(LinearGroup, FrozenWithoutAdapters) { expect_parity(Group({{8, 0}, {8, 0}, {5, 0}}), 1e-5); }
TEST(LinearGroup, LowRankOnTwoOfThree) { expect_parity(Group({{8, 4}, {8, 0}, {8, 4}}), 1e-5); }
TEST(LinearGroup, RanksAndWidthsDiffer) { expect_parity(Group({{8, 2}, {5, 1}, {11, 6}}), 1e-5); }
TEST(LinearGroup, WithoutBias) { expect_parity(Group({{8, 2}, {8, 0}}, false), 1e-5); }
TEST(LinearGroup, OneMember) { expect_parity(Group({{8, 3}}), 1e-5); }
TEST(LinearGroup, AdapterThatIsNotPlain) { expect_parity(Group({{8, 3, false}, {8, 2}, {4, 0}}), 1e-5); }
TEST(LinearGroup, Bf16) {
  Pass pass;
  pass.precision = torch::kBFloat16;
  expect_parity(Group({{8, 4}, {8, 0}, {8, 4}}), 3e-2, pass);
}

TEST(LinearGroup, TrainedWeights) {
  Group group({{8, 0}, {8, 2}, {5, 0}});
  for (auto& layer : group.layers) {
    layer->weight.requires_grad_();
    layer->bias.requires_grad_();
  }
  expect_parity(group, 1e-5);
}

TEST(LinearGroup, OneTrainedBiasAmongFrozenWeights) {
  Group group({{8, 2}, {5, 0}});
  group.layers[1]->bias.requires_grad_();
  expect_parity(group, 1e-5);
}

TEST(LinearGroup, BiasesTrainBesideFrozenWeightsAndAdapters) {
  Group group({{8, 2}, {5, 0}, {7, 3, false}});
  for (auto& layer : group.layers) layer->bias.requires_grad_();
  expect_parity(group, 1e-5);
  torch::NoGradGuard no_grad;
  for (auto& layer : group.layers) layer->bias.add_(seeded(layer->bias.sizes().vec(), 7));
  torch::AutoGradMode grad(true);
  expect_parity(group, 1e-5);
  Pass half;
  half.precision = torch::kBFloat16;
  expect_parity(group, 3e-2, half);
}

TEST(LinearGroup, FrozenFactorsGetNoGradient) {
  Group group({{8, 2}, {8, 2}});
  group.factors[0].requires_grad_(false);
  group.run().sum().backward();
  EXPECT_FALSE(group.factors[0].grad().defined());
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(group.factors[i].grad().defined()) << i;
}

TEST(LinearGroup, NumericalGradient) {
  const Group group({{8, 2}, {5, 3}});
  const Tensor g = seeded({kRows, 13}, 5);
  const auto value = [&] { return (group.run().detach().to(torch::kDouble) * g).sum().item<double>(); };
  const auto leaves = group.leaves();
  const auto gradients = torch::autograd::grad({group.run()}, leaves, {g});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (const std::int64_t entry : {0, 5, 9}) {
      const auto strict = gradients[i].contiguous();
      EXPECT_NEAR(strict.data_ptr<float>()[entry], numerical_gradient(leaves[i], entry, value), 5e-3)
          << i << " " << entry;
    }
  }
}

// The joint weight is a copy: it must follow an update in place, a replaced tensor, and a change of precision.
TEST(LinearGroup, JointWeightFollowsItsMembers) {
  Group group({{8, 0}, {8, 0}});
  const Tensor before = group.run().detach();
  {
    torch::NoGradGuard no_grad;
    group.layers[1]->weight.mul_(2);
  }
  EXPECT_FALSE(same_bits(group.run().detach(), before));
  expect_parity(group, 1e-5);
  group.layers[0]->bias = seeded({8}, 77);
  expect_parity(group, 1e-5);
  Pass half;
  half.precision = torch::kBFloat16;
  EXPECT_EQ(group.run(half).scalar_type(), torch::kBFloat16);
  expect_parity(group, 1e-5);
}

// A tensor freed and another made may lie at one address, with one version.
TEST(LinearGroup, JointWeightOfAReplacedTensorAtTheSameAddress) {
  Group group({{64, 0}, {64, 0}});
  group.run();
  const void* const address = group.layers[0]->weight.const_data_ptr();
  const Tensor bits = seeded({64, kIn}, 501);
  std::vector<Tensor> others;
  group.layers[0]->weight = Tensor();
  do {
    others.push_back(torch::empty({64, kIn}));
  } while (others.back().const_data_ptr() != address && others.size() < 64);
  group.layers[0]->weight = others.back();
  std::memcpy(group.layers[0]->weight.data_ptr(), bits.const_data_ptr(), bits.nbytes());
  expect_parity(group, 1e-5);
}

}  // namespace
}  // namespace strop
