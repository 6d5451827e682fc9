#include "nn/own_convs.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "nn/device.h"
#include "nn/finish.h"
#include "nn/kernels/filter_gradient.h"
#include "nn/kernels/picture_conv.h"
#include "nn/share_rows.h"

namespace strop {
namespace {

using torch::Tensor;

bool known(const Tensor& tensor) { return own_kernels(tensor) && tensor.scalar_type() == torch::kFloat; }

kernels::PictureConv picture_work(const ConvShape& shape, const Tensor& x) {
  kernels::PictureConv work{};
  work.height = x.size(2);
  work.width = x.size(3);
  work.in = shape.in;
  work.kernel = shape.kernel;
  work.stride = shape.stride;
  work.above = shape.zeros(work.height).first;
  work.left = shape.zeros(work.width).first;
  work.out = shape.out;
  work.out_width = shape.out_length(work.width);
  return work;
}

}  // namespace

bool own_picture_conv(const ConvShape& shape, const Tensor& x, Activation activation) {
  return shape.in <= kernels::kFewChannels && shape.groups == 1 && shape.dilation == 1 && shape.kernel > 1 &&
         shape.kernel <= kernels::kMostTaps && known(x) && finish_of(activation);
}

Tensor picture_conv(const ConvShape& shape, const Tensor& given, const ConvWeight& weight, Activation activation) {
  const Tensor x = given.contiguous(kChannelsLast);
  const auto more = kernels::padded_channels(shape.out) - shape.out;
  const Tensor packed = at::constant_pad_nd(weight.weight.permute({2, 3, 1, 0}), {0, more}).contiguous();
  const Tensor bias = weight.bias.defined() ? at::constant_pad_nd(weight.bias, {0, more}).contiguous()
                                            : at::zeros({shape.out + more}, x.options());
  const auto samples = x.size(0), height = x.size(2), width = x.size(3), out_height = shape.out_length(height);
  const Tensor y = at::empty({samples, shape.out, out_height, shape.out_length(width)}, x.options(), kChannelsLast);
  auto work = picture_work(shape, x);
  work.weight = packed.const_data_ptr<float>();
  work.bias = bias.const_data_ptr<float>();
  work.finish = *finish_of(activation);
  const float* const from = x.const_data_ptr<float>();
  float* const to = y.mutable_data_ptr<float>();
  const auto x_size = x.numel() / samples, y_size = y.numel() / samples;
  const auto parts = parts_of(samples, out_height);
  share_rows(samples * parts, kernels::picture_conv_scratch(work), [&](std::int64_t i, float* scratch) {
    const auto sample = i / parts, part = i % parts;
    kernels::PictureConv one = work;
    one.begin = out_height * part / parts;
    one.end = out_height * (part + 1) / parts;
    one.x = from + sample * x_size;
    one.y = to + sample * y_size;
    one.scratch = scratch;
    kernels::picture_conv(one);
  });
  return y;
}

Tensor picture_gradient(const ConvShape& shape, const Tensor& given_g, const Tensor& given_x) {
  const Tensor g = given_g.contiguous(kChannelsLast), x = given_x.contiguous(kChannelsLast);
  const auto padded = kernels::padded_channels(shape.out);
  const Tensor sums = at::zeros({at::get_num_threads(), shape.kernel, shape.kernel, shape.in, padded});
  auto work = picture_work(shape, x);
  work.end = g.size(2);
  const float *const from = x.const_data_ptr<float>(), *const back = g.const_data_ptr<float>();
  float* const to = sums.mutable_data_ptr<float>();
  const auto x_size = x.numel() / x.size(0), g_size = g.numel() / g.size(0), weights = sums.numel() / sums.size(0);
  share_rows(x.size(0), kernels::picture_gradient_scratch(work), [&](std::int64_t i, float* scratch) {
    kernels::PictureGradient one{work, back + i * g_size, to + at::get_thread_num() * weights, scratch};
    one.conv.x = from + i * x_size;
    kernels::picture_gradient(one);
  });
  return sums.sum(0).narrow(3, 0, shape.out).permute({3, 2, 0, 1}).contiguous();
}

bool own_filter_gradient(const ConvShape& shape, const Tensor& g, const Tensor& x) {
  return shape.depthwise() && shape.dilation == 1 && kernels::has_filter_gradient(shape.kernel, shape.stride) &&
         known(x) && known(g);
}

Tensor filter_gradient(const ConvShape& shape, const Tensor& given_g, const Tensor& given_x) {
  const Tensor g = given_g.contiguous(kChannelsLast), x = given_x.contiguous(kChannelsLast);
  const auto taps = shape.kernel * shape.kernel, padded = kernels::padded_channels(shape.in);
  const Tensor sums = at::zeros({at::get_num_threads(), taps, padded});  // each thread sums for itself
  kernels::FilterGradient work{};
  work.height = x.size(2);
  work.width = x.size(3);
  work.channels = shape.in;
  work.kernel = shape.kernel;
  work.stride = shape.stride;
  work.above = shape.zeros(work.height).first;
  work.left = shape.zeros(work.width).first;
  work.out_height = g.size(2);
  work.out_width = g.size(3);
  const float *const from = x.const_data_ptr<float>(), *const back = g.const_data_ptr<float>();
  float* const to = sums.mutable_data_ptr<float>();
  const auto x_size = x.numel() / x.size(0), g_size = g.numel() / g.size(0);
  share_rows(x.size(0), kernels::filter_gradient_scratch(work), [&](std::int64_t i, float* scratch) {
    kernels::FilterGradient one = work;
    one.x = from + i * x_size;
    one.g = back + i * g_size;
    one.d_filter = to + at::get_thread_num() * taps * padded;
    one.scratch = scratch;
    kernels::filter_gradient(one);
  });
  return sums.sum(0).narrow(1, 0, shape.in).t().reshape({shape.in, 1, shape.kernel, shape.kernel});
}

}  // namespace strop
