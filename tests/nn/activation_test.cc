#include "nn/activation.h"

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr Activation kAll[] = {Activation::none, Activation::relu,      Activation::relu6,
                               Activation::silu, Activation::hardswish, Activation::gelu};

TEST(Activation, NumericalGradients) {
  for (const auto activation : kAll) {
    const Tensor x = seeded({50}, 1, 3), g = seeded({50}, 2);
    const auto value = [&] { return (activated(x, activation).to(torch::kDouble) * g).sum().item<double>(); };
    const Tensor kept = bounded(activation) ? activated(x, activation) : x;
    const Tensor gradient = activation_gradient(g, kept, activation);
    for (const std::int64_t entry : {0, 13, 49}) {
      EXPECT_NEAR(gradient.data_ptr<float>()[entry], numerical_gradient(x, entry, value), 3e-3)
          << static_cast<int>(activation);
    }
  }
}

}  // namespace
}  // namespace strop
