// The product over panels against plain loops, on any processor that can run it.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/clones.h"
#include "nn/kernels/conv.h"
#include "nn/kernels/row_product.h"

namespace strop::kernels {
namespace {

std::vector<float> drawn(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  std::vector<float> all(static_cast<std::size_t>(count));
  for (auto& one : all) one = draw(generator);
  return all;
}

TEST(RowProduct, EqualsLoops) {
#ifndef STROP_HAS_CLONES
  GTEST_SKIP() << "built without AVX2";
#else
  if (__builtin_cpu_supports("x86-64-v3") == 0) GTEST_SKIP() << "this processor has no AVX2";
  constexpr std::int64_t kIn = 37, kOut = 48;
  const auto weight = drawn(kOut * kIn, 1), bias = drawn(kOut, 2);
  std::vector<float> packed(weight.size());
  pack_pointwise(weight.data(), kIn, kOut, packed.data());
  for (const std::int64_t rows : {1, 5, 6, 7, 48, 53, 54, 101}) {
    const auto x = drawn(rows * kIn, 3), residual = drawn(rows * kOut, 4);
    for (const bool adds : {false, true}) {
      std::vector<float> y(residual.size(), -100.0F);
      const RowProduct work = {.x = x.data(),
                               .weight = packed.data(),
                               .bias = bias.data(),
                               .residual = adds ? residual.data() : nullptr,
                               .y = y.data(),
                               .in = kIn,
                               .out = kOut};
      row_product(work, 0, rows);
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t o = 0; o < kOut; ++o) {
          const auto at = static_cast<std::size_t>(r * kOut + o);
          double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]) + (adds ? residual[at] : 0.0F);
          for (std::int64_t i = 0; i < kIn; ++i) {
            sum += static_cast<double>(x[static_cast<std::size_t>(r * kIn + i)]) *
                   static_cast<double>(weight[static_cast<std::size_t>(o * kIn + i)]);
          }
          ASSERT_NEAR(y[at], sum, 2e-5) << rows << " rows, at " << r << ", " << o;
        }
      }
      // The same bits for every division of the rows; nothing outside of them is touched.
      std::vector<float> parts(y.size(), -100.0F);
      auto divided = work;
      divided.y = parts.data();
      row_product(divided, rows / 3, rows);
      for (std::int64_t i = 0; i < rows / 3 * kOut; ++i) ASSERT_EQ(parts[static_cast<std::size_t>(i)], -100.0F);
      if (rows >= 3) row_product(divided, 0, rows / 3);
      EXPECT_EQ(parts, y) << rows;
    }
  }
#endif
}

}  // namespace
}  // namespace strop::kernels
