// The pass of each kind of processor against plain loops, whichever of them this one would choose.
#include "compare.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/filter_gradient_bands.h"

namespace strop::kernels {
namespace {

struct Case {
  std::int64_t kernel, stride, channels, height, width, above = 0, left = 0;
};

// SAME of TensorFlow has fewer zeros before than behind; some pictures are smaller than the filter, some take bands.
const std::vector<Case> kCases = {
    {3, 1, 16, 9, 12, 1, 1},   {5, 1, 19, 7, 7, 2, 2},     {7, 1, 40, 8, 15, 3, 3},   {3, 2, 24, 10, 9, 0, 1},
    {5, 2, 33, 14, 14, 1, 1},  {7, 2, 8, 17, 20, 3, 3},    {5, 1, 16, 2, 3, 2, 2},    {3, 1, 96, 30, 56, 1, 1},
    {5, 1, 144, 25, 28, 2, 2}, {3, 2, 1024, 40, 40, 0, 0}, {3, 1, 2048, 9, 70, 1, 1},
};

struct Problem {
  explicit Problem(const Case& one)
      : out_height((one.height - 1) / one.stride + 1),
        out_width((one.width - 1) / one.stride + 1),
        x(seeded({one.height, one.width, one.channels}, 1)),
        g(seeded({out_height, out_width, one.channels}, 2)),
        work{x.data_ptr<float>(), one.height, one.width, one.channels, one.kernel, one.stride, one.above, one.left,
             g.data_ptr<float>(), out_height, out_width, nullptr,      nullptr} {}

  torch::Tensor by(void (*pass)(const FilterGradient&)) const {
    const torch::Tensor sums = at::ones({work.kernel * work.kernel, padded_channels(work.channels)});
    std::vector<float> scratch(static_cast<std::size_t>(filter_gradient_scratch(work)));
    auto own = work;
    own.d_filter = sums.data_ptr<float>();
    own.scratch = scratch.data();
    pass(own);
    return sums.narrow(1, 0, work.channels) - 1;
  }

  torch::Tensor by_loops() const {
    const torch::Tensor sums = at::zeros({work.kernel * work.kernel, work.channels}, torch::kDouble);
    for (std::int64_t tap = 0; tap < work.kernel * work.kernel; ++tap) {
      for (std::int64_t p = 0; p < out_height * out_width; ++p) {
        const auto row = p / out_width * work.stride - work.above + tap / work.kernel;
        const auto column = p % out_width * work.stride - work.left + tap % work.kernel;
        if (row < 0 || row >= work.height || column < 0 || column >= work.width) continue;
        sums[tap] += x[row][column].to(torch::kDouble) * g[p / out_width][p % out_width];
      }
    }
    return sums.to(torch::kFloat);
  }

  std::int64_t out_height, out_width;
  torch::Tensor x, g;
  FilterGradient work;
};

TEST(FilterGradient, EachProcessorsPassEqualsPlainLoops) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(::testing::Message() << one.kernel << " taps, stride " << one.stride << ", " << one.channels << " x "
                                      << one.height << " x " << one.width);
    const Problem problem(one);
    const auto expected = problem.by_loops();
    expect_close(problem.by(filter_gradient_plain), expected, 1e-3, "plain");
#ifdef STROP_HAS_CLONES
    if (__builtin_cpu_supports("x86-64-v3") > 0) expect_close(problem.by(filter_gradient_avx2), expected, 1e-3, "AVX2");
    if (__builtin_cpu_supports("x86-64-v4") > 0) {
      expect_close(problem.by(filter_gradient_avx512), expected, 1e-3, "AVX-512");
    }
#endif
  }
}

}  // namespace
}  // namespace strop::kernels
