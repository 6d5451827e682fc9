// The pass of each kind of processor against plain loops, whichever of them this one would choose.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "nn/kernels/conv_bands.h"
#include "nn/kernels/dispatch.h"

namespace strop::kernels {
namespace {

using Floats = std::vector<float>;

struct Case {
  std::int64_t in, wide, out, kernel, stride, dilation, height, width;
  Bend bend;
};

float bent(Bend bend, float z) {
  if (bend == Bend::silu) return z / (1 + std::exp(-z));
  if (bend == Bend::hardswish) return z * std::clamp(z + 3, 0.0F, 6.0F) / 6;
  return std::clamp(z, -0.5F, 1.5F);
}

Floats numbers(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  Floats all(static_cast<std::size_t>(count));
  for (auto& one : all) one = draw(generator);
  return all;
}

struct Problem {
  explicit Problem(const Case& which) : one(which) {
    reach = (one.kernel - 1) * one.dilation / 2;
    y_height = (one.height + 2 * reach - (one.kernel - 1) * one.dilation - 1) / one.stride + 1;
    y_width = (one.width + 2 * reach - (one.kernel - 1) * one.dilation - 1) / one.stride + 1;
    x = numbers(one.height * one.width * one.in, 1);
    expand = numbers(one.wide * one.in, 2);
    filter = numbers(one.wide * one.kernel * one.kernel, 3);
    project = numbers(one.out * one.wide, 4);
    residual = numbers(y_height * y_width * one.out, 5);
    bias = numbers(padded_channels(std::max(one.wide, one.out)), 6);
  }

  Floats by_loops() const {
    const auto at = [](const Floats& all, std::int64_t i) { return all[static_cast<std::size_t>(i)]; };
    Floats wide(static_cast<std::size_t>(one.height * one.width * one.wide)), y;
    for (std::int64_t p = 0; p < one.height * one.width; ++p) {
      for (std::int64_t c = 0; c < one.wide; ++c) {
        float sum = at(bias, c);
        for (std::int64_t i = 0; i < one.in; ++i) sum += at(x, p * one.in + i) * at(expand, c * one.in + i);
        wide[static_cast<std::size_t>(p * one.wide + c)] = bent(one.bend, sum);
      }
    }
    for (std::int64_t p = 0; p < y_height * y_width; ++p) {
      Floats filtered;
      for (std::int64_t c = 0; c < one.wide; ++c) {
        float sum = at(bias, c);
        for (std::int64_t tap = 0; tap < one.kernel * one.kernel; ++tap) {
          const auto row = p / y_width * one.stride - reach + tap / one.kernel * one.dilation;
          const auto column = p % y_width * one.stride - reach + tap % one.kernel * one.dilation;
          if (row < 0 || row >= one.height || column < 0 || column >= one.width) continue;
          sum += at(wide, (row * one.width + column) * one.wide + c) * at(filter, c * one.kernel * one.kernel + tap);
        }
        filtered.push_back(bent(one.bend, sum));
      }
      for (std::int64_t o = 0; o < one.out; ++o) {
        float sum = at(bias, o) + at(residual, p * one.out + o);
        for (std::int64_t c = 0; c < one.wide; ++c) sum += at(filtered, c) * at(project, o * one.wide + c);
        y.push_back(bent(one.bend, sum));
      }
    }
    return y;
  }

  // In `parts` of rows.
  Floats by(void (*pass)(const Inverted&), std::int64_t parts) const {
    Floats packed_expand(static_cast<std::size_t>(padded_channels(one.wide) * one.in));
    Floats packed_project(static_cast<std::size_t>(padded_channels(one.out) * one.wide));
    Floats packed_filter(static_cast<std::size_t>(padded_channels(one.wide) * one.kernel * one.kernel));
    pack_pointwise(expand.data(), one.in, one.wide, packed_expand.data());
    pack_pointwise(project.data(), one.wide, one.out, packed_project.data());
    pack_depthwise(filter.data(), one.wide, one.kernel * one.kernel, packed_filter.data());
    Floats y(static_cast<std::size_t>(y_height * y_width * one.out)), raw(y.size());
    const Finish finish = one.bend == Bend::clip ? Finish{Bend::clip, -0.5F, 1.5F} : Finish{one.bend};
    Inverted work{.x = x.data(),
                  .height = one.height,
                  .width = one.width,
                  .in = one.in,
                  .expand = packed_expand.data(),
                  .expand_bias = bias.data(),
                  .expand_finish = finish,
                  .wide = one.wide,
                  .filter = packed_filter.data(),
                  .filter_bias = bias.data(),
                  .kernel = one.kernel,
                  .stride = one.stride,
                  .dilation = one.dilation,
                  .above = reach,
                  .left = reach,
                  .filter_finish = finish,
                  .out_height = y_height,
                  .out_width = y_width,
                  .begin = 0,
                  .end = y_height,
                  .project = packed_project.data(),
                  .project_bias = bias.data(),
                  .residual = residual.data(),
                  .project_finish = finish,
                  .raw = raw.data(),
                  .y = y.data(),
                  .out = one.out,
                  .scratch = nullptr};
    Floats scratch(static_cast<std::size_t>(inverted_scratch(work)));
    work.scratch = scratch.data();
    for (std::int64_t part = 0; part < parts; ++part) {
      work.begin = y_height * part / parts;
      work.end = y_height * (part + 1) / parts;
      pass(work);
    }
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(bent(one.bend, raw[i]), y[i], 1e-5);
    return y;
  }

  Case one;
  std::int64_t reach, y_height, y_width;
  Floats x, expand, filter, project, residual, bias;
};

const std::vector<Case> kCases = {
    {.in = 16,
     .wide = 48,
     .out = 32,
     .kernel = 3,
     .stride = 1,
     .dilation = 1,
     .height = 14,
     .width = 14,
     .bend = Bend::clip},
    {.in = 5,
     .wide = 19,
     .out = 9,
     .kernel = 5,
     .stride = 1,
     .dilation = 1,
     .height = 7,
     .width = 7,
     .bend = Bend::silu},
    {.in = 8,
     .wide = 40,
     .out = 24,
     .kernel = 3,
     .stride = 2,
     .dilation = 1,
     .height = 13,
     .width = 21,
     .bend = Bend::hardswish},
    {.in = 8,
     .wide = 33,
     .out = 17,
     .kernel = 5,
     .stride = 2,
     .dilation = 1,
     .height = 30,
     .width = 11,
     .bend = Bend::silu},
    {.in = 4,
     .wide = 16,
     .out = 50,
     .kernel = 3,
     .stride = 1,
     .dilation = 2,
     .height = 19,
     .width = 9,
     .bend = Bend::clip},
    {.in = 3,
     .wide = 8,
     .out = 4,
     .kernel = 3,
     .stride = 1,
     .dilation = 1,
     .height = 2,
     .width = 1,
     .bend = Bend::clip},
};

void expect_equal_to_loops(void (*pass)(const Inverted&)) {
  for (std::size_t number = 0; number < kCases.size(); ++number) {
    const Problem problem(kCases[number]);
    const auto wanted = problem.by_loops(), whole = problem.by(pass, 1);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      ASSERT_NEAR(whole[i], wanted[i], 2e-4) << "case " << number << ", value " << i;
    EXPECT_EQ(whole, problem.by(pass, std::min<std::int64_t>(3, problem.y_height)))
        << "case " << number << ": in parts";
  }
}

TEST(ConvKernel, Plain) { expect_equal_to_loops(inverted_plain); }

#ifdef STROP_HAS_CLONES
TEST(ConvKernel, Avx2) {
  if (__builtin_cpu_supports("x86-64-v3") <= 0) GTEST_SKIP() << "this processor has no AVX2";
  expect_equal_to_loops(inverted_avx2);
}

TEST(ConvKernel, Avx512) {
  if (__builtin_cpu_supports("x86-64-v4") <= 0) GTEST_SKIP() << "this processor has no AVX-512";
  expect_equal_to_loops(inverted_avx512);
}
#endif

}  // namespace
}  // namespace strop::kernels
