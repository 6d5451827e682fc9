#include "nn/one_pass.h"

#include <torch/types.h>

#include "nn/device.h"
#include "nn/finish.h"
#include "nn/share_rows.h"

namespace strop {

using torch::Tensor;

const OnePass::Packed& OnePass::packed(const ConvUnit& unit, Packed& kept) {
  auto source = unit.marks();
  if (kept.source == source) return kept;
  torch::NoGradGuard no_grad;
  const auto& shape = unit.conv().conv();
  const auto whole = unit.folded_parameters();
  const Tensor weight = whole.weight.contiguous();
  const auto padded = kernels::padded_channels(shape.out);
  if (shape.depthwise()) {
    kept.weight.resize(static_cast<std::size_t>(padded * shape.kernel * shape.kernel));
    kernels::pack_depthwise(weight.const_data_ptr<float>(), shape.out, shape.kernel * shape.kernel, kept.weight.data());
  } else {
    kept.weight.resize(static_cast<std::size_t>(padded * shape.in));
    kernels::pack_pointwise(weight.const_data_ptr<float>(), shape.in, shape.out, kept.weight.data());
  }
  kept.bias.assign(static_cast<std::size_t>(padded), 0);
  if (whole.bias.defined()) std::copy_n(whole.bias.contiguous().const_data_ptr<float>(), shape.out, kept.bias.data());
  kept.source = std::move(source);
  return kept;
}

Tensor OnePass::forward(const ConvUnit* expand, const ConvUnit& depthwise, const ConvUnit* project, const Tensor& x,
                        const Tensor& residual, const Pass& pass) const {
  const auto& shape = depthwise.conv().conv();
  const auto first = finish_of(expand == nullptr ? Activation::none : expand->activation());
  const auto middle = finish_of(depthwise.activation());
  const auto last = finish_of(project == nullptr ? Activation::none : project->activation());
  if (!first || !middle || !last || shape.kernel > kernels::kMostTaps || pass.precision != torch::kFloat) return {};
  if (pass.estimates_norms || !own_kernels(x) || x.scalar_type() != torch::kFloat) return {};
  if (torch::GradMode::is_enabled() && (x.requires_grad() || (residual.defined() && residual.requires_grad())))
    return {};
  for (const auto* unit : {expand, &depthwise, project}) {
    if (unit != nullptr && !unit->rests()) return {};
  }

  const Tensor in = x.contiguous(kChannelsLast),
               more = residual.defined() ? residual.contiguous(kChannelsLast) : Tensor();
  const auto height = in.size(2), width = in.size(3);
  const Tensor out = at::empty({in.size(0), project == nullptr ? shape.out : project->conv().conv().out,
                                shape.out_length(height), shape.out_length(width)},
                               in.options(), kChannelsLast);
  kernels::Inverted work{};
  work.height = height;
  work.width = width;
  work.in = in.size(1);
  if (expand != nullptr) {
    const auto& own = packed(*expand, expand_);
    work.expand = own.weight.data();
    work.expand_bias = own.bias.data();
  }
  const auto& filter = packed(depthwise, depthwise_);
  work.wide = shape.out;
  work.filter = filter.weight.data();
  work.filter_bias = filter.bias.data();
  work.kernel = shape.kernel;
  work.stride = shape.stride;
  work.dilation = shape.dilation;
  work.above = shape.zeros(height).first;
  work.left = shape.zeros(width).first;
  work.expand_finish = *first;
  work.filter_finish = *middle;
  work.out_height = out.size(2);
  work.out_width = out.size(3);
  if (project != nullptr) {
    const auto& own = packed(*project, project_);
    work.project = own.weight.data();
    work.project_bias = own.bias.data();
  }
  work.project_finish = *last;
  work.out = out.size(1);
  const float* const from = in.const_data_ptr<float>();
  const float* const added = more.defined() ? more.const_data_ptr<float>() : nullptr;
  float* const to = out.mutable_data_ptr<float>();
  const auto in_size = in.numel() / in.size(0), out_size = out.numel() / out.size(0);
  const auto parts = parts_of(in.size(0), work.out_height);
  share_rows(in.size(0) * parts, kernels::inverted_scratch(work), [&](std::int64_t i, float* scratch) {
    const auto sample = i / parts, part = i % parts;
    kernels::Inverted one = work;
    one.begin = work.out_height * part / parts;
    one.end = work.out_height * (part + 1) / parts;
    one.x = from + sample * in_size;
    one.y = to + sample * out_size;
    one.residual = added == nullptr ? nullptr : added + sample * out_size;
    one.scratch = scratch;
    kernels::inverted(one);
  });
  return out;
}

}  // namespace strop
