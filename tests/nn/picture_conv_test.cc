// The pass of each kind of processor against libtorch's convolution, whichever of them this one would choose.
#include "nn/kernels/dispatch.h"
#include "nn/kernels/picture_conv_rows.h"

#include "compare.h"

namespace strop::kernels {
namespace {

struct Case {
  std::int64_t in, out, kernel, stride, height, width;
  std::int64_t above, below, left, right;
};

const std::vector<Case> kCases = {
    {3, 32, 3, 2, 24, 30, 0, 1, 0, 1}, {3, 16, 6, 2, 26, 32, 2, 2, 2, 2}, {3, 64, 7, 2, 33, 31, 3, 3, 3, 3},
    {1, 5, 3, 1, 9, 14, 1, 1, 1, 1},   {4, 48, 5, 1, 4, 3, 2, 2, 2, 2},   {3, 40, 4, 4, 32, 28, 0, 0, 0, 0},
    {2, 17, 2, 3, 10, 50, 0, 0, 1, 0},
};

struct Problem {
  explicit Problem(const Case& one)
      : x(seeded({one.height, one.width, one.in}, 1)),
        weight(seeded({one.out, one.in, one.kernel, one.kernel}, 2)),
        bias(seeded({one.out}, 3)),
        out_height((one.height + one.above + one.below - one.kernel) / one.stride + 1),
        g(seeded({out_height, (one.width + one.left + one.right - one.kernel) / one.stride + 1, one.out}, 4)),
        more(padded_channels(one.out) - one.out),
        packed(at::constant_pad_nd(weight.permute({2, 3, 1, 0}), {0, more}).contiguous()),
        biases(at::constant_pad_nd(bias, {0, more})),
        work{x.data_ptr<float>(),
             one.height,
             one.width,
             one.in,
             packed.data_ptr<float>(),
             biases.data_ptr<float>(),
             one.kernel,
             one.stride,
             one.above,
             one.left,
             {Bend::clip, 0, 6},
             one.out,
             g.size(1),
             0,
             0,
             nullptr,
             nullptr} {}

  // In `parts` of rows.
  torch::Tensor forward(void (*pass)(const PictureConv&), std::int64_t parts) const {
    const torch::Tensor y = at::full(g.sizes(), 7.0F);
    std::vector<float> scratch(static_cast<std::size_t>(picture_conv_scratch(work)));
    auto own = work;
    own.y = y.data_ptr<float>();
    own.scratch = scratch.data();
    for (std::int64_t part = 0; part < parts; ++part) {
      own.begin = out_height * part / parts;
      own.end = out_height * (part + 1) / parts;
      pass(own);
    }
    return y;
  }

  torch::Tensor gradient(void (*pass)(const PictureGradient&)) const {
    const torch::Tensor sums = at::ones_like(packed);
    std::vector<float> scratch(static_cast<std::size_t>(picture_gradient_scratch(work)));
    PictureGradient own{work, g.data_ptr<float>(), sums.data_ptr<float>(), scratch.data()};
    own.conv.end = out_height;
    pass(own);
    return (sums - 1).narrow(3, 0, bias.size(0)).permute({3, 2, 0, 1});
  }

  torch::Tensor x, weight, bias;
  std::int64_t out_height;
  torch::Tensor g;
  std::int64_t more;
  torch::Tensor packed, biases;
  PictureConv work;
};

TEST(PictureConv, EachProcessorsPassEqualsLibtorch) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(::testing::Message() << one.in << " -> " << one.out << ", kernel " << one.kernel);
    const Problem problem(one);
    const torch::Tensor weight = problem.weight.clone().set_requires_grad(true);
    const torch::Tensor wide =
        at::constant_pad_nd(problem.x.permute({2, 0, 1}).unsqueeze(0), {one.left, one.right, one.above, one.below});
    const torch::Tensor z = at::conv2d(wide, weight, problem.bias, {one.stride, one.stride})[0].permute({1, 2, 0});
    z.backward(problem.g);
    const torch::Tensor y = z.detach().clamp(0, 6), expected = weight.grad();
    const auto check = [&](auto* forward, auto* gradient, const std::string& name) {
      for (const std::int64_t parts : {1, 3}) expect_close(problem.forward(forward, parts), y, 1e-4, name);
      expect_close(problem.gradient(gradient), expected, 1e-3, name + ", gradient");
    };
    check(picture_conv_plain, picture_gradient_plain, "plain");
#ifdef STROP_HAS_CLONES
    if (__builtin_cpu_supports("x86-64-v3") > 0) check(picture_conv_avx2, picture_gradient_avx2, "AVX2");
    if (__builtin_cpu_supports("x86-64-v4") > 0) check(picture_conv_avx512, picture_gradient_avx512, "AVX-512");
#endif
  }
}

}  // namespace
}  // namespace strop::kernels
