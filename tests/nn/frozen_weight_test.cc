#include "nn/frozen_weight.h"

#include "compare.h"
#include "nn/linear.h"

namespace strop {
namespace {

using torch::Tensor;

// Widths that suit strop's own product, and others.
void expect_products(std::int64_t in, std::int64_t out, bool has_bias) {
  torch::NoGradGuard no_grad;
  Linear layer(in, out, has_bias);
  layer.weight = seeded({out, in}, 1, 0.3);
  if (has_bias) layer.bias = seeded({out}, 2);
  FrozenWeight frozen;
  frozen.take({&layer}, torch::kFloat);
  for (const std::int64_t rows : {0, 1, 4, 32, 203}) {
    const auto what = std::to_string(rows) + " rows, " + std::to_string(in) + " -> " + std::to_string(out);
    const Tensor x = seeded({rows, in}, 3), other = seeded({rows, out}, 4), g = seeded({rows, out}, 5);
    const Tensor y = at::linear(x, layer.weight, layer.bias);
    const auto expect = [&](const Tensor& found, const Tensor& expected, const std::string& of) {
      ASSERT_EQ(found.sizes(), expected.sizes()) << of << ", " << what;
      if (rows > 0) expect_close(found, expected, 1e-5, of + ", " + what);
    };
    expect(product_of(x, frozen.forward(), frozen.bias()), y, "result");
    expect(product_of(x, frozen.forward(), frozen.bias(), After::gelu), at::gelu(y), "GELU");
    expect(product_plus(x, frozen.forward(), frozen.bias(), other), y + other, "sum");
    expect(product_of(g, frozen.backward()), g.matmul(layer.weight), "gradient");
  }
}

TEST(FrozenWeight, Products) {
  for (const bool has_bias : {true, false}) {
    expect_products(32, 48, has_bias);
    expect_products(48, 12, has_bias);
    expect_products(10, 16, has_bias);
    expect_products(7, 5, has_bias);
  }
}

TEST(FrozenWeight, FollowsItsTensors) {
  torch::NoGradGuard no_grad;
  Linear layer(16, 32);
  layer.weight = seeded({32, 16}, 1);
  layer.bias = seeded({32}, 2);
  FrozenWeight frozen;
  frozen.take({&layer}, torch::kFloat);
  const Tensor x = seeded({9, 16}, 3), g = seeded({9, 32}, 4);
  product_of(g, frozen.backward());
  layer.weight.add_(1);
  frozen.take({&layer}, torch::kFloat);
  expect_close(product_of(x, frozen.forward(), frozen.bias()), at::linear(x, layer.weight, layer.bias), 1e-5, "result");
  expect_close(product_of(g, frozen.backward()), g.matmul(layer.weight), 1e-5, "gradient");
}

}  // namespace
}  // namespace strop
