// Helpers of the tests of layers: seeded tensors, distances, numerical gradients.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace strop {

inline torch::Tensor seeded(std::vector<std::int64_t> shape, std::uint64_t seed, double deviation = 1) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return torch::empty(shape).normal_(0, deviation, generator);
}

// Largest difference, relative to the largest entry of `expected` (to 0.1 where all are smaller).
inline double distance(const torch::Tensor& found, const torch::Tensor& expected) {
  const auto a = found.detach().to(torch::kCPU, torch::kDouble),
             b = expected.detach().to(torch::kCPU, torch::kDouble);
  if (a.sizes() != b.sizes() || !a.isfinite().all().item<bool>()) return 1e9;
  return ((a - b).abs().max() / b.abs().max().clamp_min(0.1)).item<double>();
}

inline void expect_close(const torch::Tensor& found, const torch::Tensor& expected, double limit,
                         const std::string& what) {
  ASSERT_TRUE(found.defined()) << what;
  EXPECT_LE(distance(found, expected), limit) << what;
}

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
}

inline bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         at::equal(a.to(torch::kCPU), b.to(torch::kCPU));
}

// d f / d x[entry] by central differences; f is evaluated without a graph.
inline double numerical_gradient(const torch::Tensor& x, std::int64_t entry, const std::function<double()>& f,
                                 float step = 1e-2F) {
  torch::NoGradGuard no_grad;
  float* const value = x.data_ptr<float>() + entry;
  const float kept = *value;
  *value = kept + step;
  const double above = f();
  *value = kept - step;
  const double below = f();
  *value = kept;
  return (above - below) / (2.0 * step);
}

}  // namespace strop
