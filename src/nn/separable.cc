#include "nn/separable.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include "nn/device.h"
#include "nn/finish.h"
#include "nn/kernels/separable.h"
#include "nn/share_rows.h"

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor packed_depthwise(const Tensor& weight) {
  const Tensor own = weight.contiguous();
  const auto channels = own.size(0), taps = own.size(2) * own.size(3);
  const Tensor packed = at::empty({taps, kernels::padded_channels(channels)});
  kernels::pack_depthwise(own.const_data_ptr<float>(), channels, taps, packed.mutable_data_ptr<float>());
  return packed;
}

// weight: out x in.
Tensor packed_pointwise(const Tensor& weight) {
  const Tensor own = weight.contiguous();
  const Tensor packed = at::empty({own.size(1), kernels::padded_channels(own.size(0))});
  kernels::pack_pointwise(own.const_data_ptr<float>(), own.size(1), own.size(0), packed.mutable_data_ptr<float>());
  return packed;
}

Tensor padded(const Tensor& bias) {
  return at::constant_pad_nd(bias, {0, kernels::padded_channels(bias.size(0)) - bias.size(0)});
}

struct Finishes {
  kernels::Finish filter, project;
};
Finishes finishes_of(AutogradContext* ctx) {
  const auto kinds = ctx->saved_data["activations"].toIntVector();
  return {*finish_of(static_cast<Activation>(kinds[0])), *finish_of(static_cast<Activation>(kinds[1]))};
}

struct SeparableNode : torch::autograd::Function<SeparableNode> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& filter, const Tensor& filter_bias,
                        const Tensor& project, const Tensor& project_bias,
                        const std::vector<std::int64_t>& activations) {
    ctx->saved_data["activations"] = activations;
    const auto finish = finishes_of(ctx);
    const auto out = project.size(0), kernel = filter.size(2);
    const Tensor y = at::empty({x.size(0), out, x.size(2), x.size(3)}, x.options(), kChannelsLast);
    const Tensor raw = finish.project.bend == kernels::Bend::clip ? y : at::empty_like(y);
    const Tensor filters = packed_depthwise(filter), filter_biases = padded(filter_bias);
    const Tensor projects = packed_pointwise(project.view({out, -1})), project_biases = padded(project_bias);
    kernels::Inverted work{};
    work.height = work.out_height = work.end = x.size(2);
    work.width = work.out_width = x.size(3);
    work.in = work.wide = x.size(1);
    work.filter = filters.const_data_ptr<float>();
    work.filter_bias = filter_biases.const_data_ptr<float>();
    work.kernel = kernel;
    work.stride = work.dilation = 1;
    work.above = work.left = kernel / 2;
    work.filter_finish = finish.filter;
    work.project = projects.const_data_ptr<float>();
    work.project_bias = project_biases.const_data_ptr<float>();
    work.project_finish = finish.project;
    work.out = out;
    const float* const from = x.const_data_ptr<float>();
    float *const to = y.mutable_data_ptr<float>(), *const before = raw.mutable_data_ptr<float>();
    const auto in_size = x.numel() / x.size(0), out_size = y.numel() / y.size(0);
    share_rows(x.size(0), kernels::inverted_scratch(work), [&](std::int64_t i, float* scratch) {
      kernels::Inverted one = work;
      one.x = from + i * in_size;
      one.y = to + i * out_size;
      one.raw = before == to ? nullptr : before + i * out_size;
      one.scratch = scratch;
      kernels::inverted(one);
    });
    ctx->save_for_backward({x, filter, filter_bias, project, raw});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &filter = saved[1], &project = saved[3], &raw = saved[4];
    const auto finish = finishes_of(ctx);
    const Tensor g = gradients[0].contiguous(kChannelsLast);
    const auto channels = x.size(1), out = project.size(0), kernel = filter.size(2);
    const Tensor d_x = ctx->needs_input_grad(0) ? at::empty_like(x) : Tensor();
    const Tensor filters = packed_depthwise(filter), turned = packed_depthwise(filter.flip({2, 3})),
                 biases = padded(saved[2]);
    const Tensor projects = packed_pointwise(project.view({out, -1}).t());
    // Each thread sums for itself: of the filter a row for each tap and one for its bias, then of the projection.
    const auto wide = kernels::padded_channels(channels), wide_out = kernels::padded_channels(out),
               taps = kernel * kernel;
    const Tensor sums = at::zeros({at::get_num_threads(), (taps + 1 + out) * wide + wide_out});
    kernels::Separable work{};
    work.height = x.size(2);
    work.width = x.size(3);
    work.channels = channels;
    work.kernel = kernel;
    work.filter = filters.const_data_ptr<float>();
    work.filter_bias = biases.const_data_ptr<float>();
    work.filter_turned = turned.const_data_ptr<float>();
    work.filter_finish = finish.filter;
    work.out = out;
    work.project_turned = projects.const_data_ptr<float>();
    work.project_finish = finish.project;
    const auto in_size = x.numel() / x.size(0), out_size = g.numel() / g.size(0);
    const float *const from = x.const_data_ptr<float>(), *const before = raw.const_data_ptr<float>(),
                       *const back = g.const_data_ptr<float>();
    float* const to = d_x.defined() ? d_x.mutable_data_ptr<float>() : nullptr;
    float* const all_sums = sums.mutable_data_ptr<float>();
    share_rows(x.size(0), kernels::separable_scratch(work), [&](std::int64_t i, float* scratch) {
      kernels::Separable one = work;
      one.scratch = scratch;
      one.d_filter = all_sums + at::get_thread_num() * sums.size(1);
      one.d_filter_bias = one.d_filter + taps * wide;
      one.d_project = one.d_filter_bias + wide;
      one.d_project_bias = one.d_project + out * wide;
      one.x = from + i * in_size;
      one.raw = before + i * out_size;
      one.g = back + i * out_size;
      one.d_x = to == nullptr ? nullptr : to + i * in_size;
      kernels::separable_gradient(one);
    });
    const Tensor sum = sums.sum(0),
                 by_channel = sum.narrow(0, 0, (taps + 1 + out) * wide).view({-1, wide}).narrow(1, 0, channels);
    return {d_x,
            by_channel.narrow(0, 0, taps).t().reshape(filter.sizes()),
            by_channel.select(0, taps),
            by_channel.narrow(0, taps + 1, out).reshape(project.sizes()),
            sum.narrow(0, (taps + 1 + out) * wide, out),
            Tensor()};
  }
};

}  // namespace

Tensor separable(const ConvUnit& depthwise, const ConvUnit& pointwise, const Tensor& x, const Pass& pass) {
  const auto& shape = depthwise.conv().conv();
  const bool kernel_known = shape.kernel == 3 || shape.kernel == 5;
  const bool plain = shape.depthwise() && kernel_known && shape.stride == 1 && shape.dilation == 1 &&
                     shape.pad != Pad::none && pointwise.conv().conv().pointwise() && !depthwise.conv().adapter &&
                     !pointwise.conv().adapter;
  const bool folds = !depthwise.learns_statistics(pass) && !pointwise.learns_statistics(pass);
  if (!plain || !folds || pass.estimates_norms || pass.precision != torch::kFloat || !own_kernels(x)) return {};
  if (x.size(3) < kernels::kLeastWidth || !finish_of(depthwise.activation()) || !finish_of(pointwise.activation()))
    return {};
  const auto filter = depthwise.folded_parameters(), project = pointwise.folded_parameters();
  if (!filter.bias.defined() || !project.bias.defined()) return {};
  return SeparableNode::apply(x.to(torch::kFloat).contiguous(kChannelsLast), filter.weight, filter.bias, project.weight,
                              project.bias,
                              std::vector<std::int64_t>{static_cast<std::int64_t>(depthwise.activation()),
                                                        static_cast<std::int64_t>(pointwise.activation())});
}

}  // namespace strop
