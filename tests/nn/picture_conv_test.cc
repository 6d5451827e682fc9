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

torch::Tensor by(void (*pass)(const PictureConv&), const Case& one, const torch::Tensor& x, const torch::Tensor& weight,
                 const torch::Tensor& bias, std::int64_t parts) {
  const auto more = padded_channels(one.out) - one.out;
  const torch::Tensor packed = at::constant_pad_nd(weight.permute({2, 3, 1, 0}), {0, more}).contiguous();
  const torch::Tensor biases = at::constant_pad_nd(bias, {0, more});
  const auto out_height = (one.height + one.above + one.below - one.kernel) / one.stride + 1;
  const auto out_width = (one.width + one.left + one.right - one.kernel) / one.stride + 1;
  const torch::Tensor y = at::full({out_height, out_width, one.out}, 7.0F);
  PictureConv work{x.data_ptr<float>(),      one.height, one.width,  one.in,    packed.data_ptr<float>(),
                   biases.data_ptr<float>(), one.kernel, one.stride, one.above, one.left,
                   {Bend::clip, 0, 6},       one.out,    out_width,  0,         0,
                   y.data_ptr<float>(),      nullptr};
  std::vector<float> scratch(static_cast<std::size_t>(picture_conv_scratch(work)));
  work.scratch = scratch.data();
  for (std::int64_t part = 0; part < parts; ++part) {
    work.begin = out_height * part / parts;
    work.end = out_height * (part + 1) / parts;
    pass(work);
  }
  return y;
}

TEST(PictureConv, EachProcessorsPassEqualsLibtorch) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(::testing::Message() << one.in << " -> " << one.out << ", kernel " << one.kernel);
    const torch::Tensor x = seeded({one.height, one.width, one.in}, 1);
    const torch::Tensor weight = seeded({one.out, one.in, one.kernel, one.kernel}, 2), bias = seeded({one.out}, 3);
    const torch::Tensor wide =
        at::constant_pad_nd(x.permute({2, 0, 1}).unsqueeze(0), {one.left, one.right, one.above, one.below});
    const torch::Tensor expected =
        at::conv2d(wide, weight, bias, {one.stride, one.stride})[0].permute({1, 2, 0}).clamp(0, 6);
    for (const std::int64_t parts : {1, 3}) {
      expect_close(by(picture_conv_plain, one, x, weight, bias, parts), expected, 1e-4, "plain");
#ifdef STROP_HAS_CLONES
      if (__builtin_cpu_supports("x86-64-v3") > 0) {
        expect_close(by(picture_conv_avx2, one, x, weight, bias, parts), expected, 1e-4, "AVX2");
      }
      if (__builtin_cpu_supports("x86-64-v4") > 0) {
        expect_close(by(picture_conv_avx512, one, x, weight, bias, parts), expected, 1e-4, "AVX-512");
      }
#endif
    }
  }
}

}  // namespace
}  // namespace strop::kernels
