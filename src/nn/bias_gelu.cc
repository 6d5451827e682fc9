#include "nn/bias_gelu.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include "nn/device.h"
#include "nn/kernels/kernels.h"
#include "nn/share_rows.h"

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows handed to one thread at a time.
constexpr std::int64_t kGrain = 16;

bool has_kernel(const Tensor& z) { return z.scalar_type() == torch::kFloat && own_kernels(z); }

// A Function takes no undefined tensors: an empty one stands for a bias that is none, where no kernel reads it.
Tensor bias_or_none(const Tensor& bias, const Tensor& z) {
  return bias.defined() ? bias : torch::zeros({has_kernel(z) ? z.size(1) : 0}, z.options());
}
Tensor sum_of(const Tensor& z, const Tensor& bias) { return bias.numel() > 0 ? z + bias : z; }

// Without a graph, of a dense z.
Tensor value(const Tensor& z, const Tensor& bias) {
  if (!has_kernel(z)) return at::gelu(sum_of(z, bias));
  Tensor y = torch::empty_like(z);
  at::parallel_for(0, z.size(0), kGrain, [&](std::int64_t first, std::int64_t last) {
    kernels::bias_gelu(z.const_data_ptr<float>(), bias.const_data_ptr<float>(), y.data_ptr<float>(), z.size(1), first,
                       last);
  });
  return y;
}

struct Gradients {
  Tensor z, bias_rows;  // the sum of the rows is the bias's gradient
};

// From g, the gradient of the result, dense; d_z takes its place where `in_place`.
Gradients gradients_of(const Tensor& g, const Tensor& z, const Tensor& bias, bool in_place) {
  if (!has_kernel(z)) {
    const Tensor d_z = at::gelu_backward(g, sum_of(z, bias));
    return {d_z, d_z};
  }
  const auto rows = z.size(0), width = z.size(1);
  Tensor d_z = in_place ? g : torch::empty_like(z);
  Tensor d_bias = torch::zeros({kSumParts, width}, z.options());
  share_sums(rows, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
    kernels::bias_gelu_gradient(g.const_data_ptr<float>(), z.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                                d_z.data_ptr<float>(), d_bias.data_ptr<float>() + part * width, width, first, last);
  });
  return {d_z, d_bias};
}

struct BiasGelu : torch::autograd::Function<BiasGelu> {
  static Tensor forward(AutogradContext* ctx, const Tensor& z, const Tensor& bias) {
    ctx->save_for_backward({z, bias});
    return value(z, bias);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto found = gradients_of(gradients[0].contiguous(), saved[0], saved[1], /*in_place=*/false);
    return {found.z, ctx->needs_input_grad(1) ? found.bias_rows.sum(0) : Tensor()};
  }
};

struct GeluLinear : torch::autograd::Function<GeluLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& z, const Tensor& bias, const Tensor& weight,
                        const Tensor& weight_bias) {
    ctx->save_for_backward({z, bias, weight});
    return at::linear(value(z, bias), weight,
                      weight_bias.numel() > 0 ? std::optional<Tensor>(weight_bias) : std::nullopt);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &z = saved[0], &bias = saved[1], &weight = saved[2];
    const Tensor& g = gradients[0];
    variable_list result(4);
    if (ctx->needs_input_grad(2)) result[2] = g.t().matmul(value(z, bias));
    if (ctx->needs_input_grad(3)) result[3] = g.sum(0);
    if (ctx->needs_input_grad(0) || ctx->needs_input_grad(1)) {
      const auto found = gradients_of(g.matmul(weight), z, bias, /*in_place=*/true);
      result[0] = found.z;
      result[1] = ctx->needs_input_grad(1) ? found.bias_rows.sum(0) : Tensor();
    }
    return result;
  }
};

}  // namespace

Tensor bias_gelu(const Tensor& z, const Tensor& bias) {
  if (!has_kernel(z)) return at::gelu(bias.defined() ? z + bias : z);
  return BiasGelu::apply(z.contiguous(), bias_or_none(bias, z));
}

Tensor gelu_linear(const Tensor& z, const Tensor& bias, const Tensor& weight, const Tensor& weight_bias) {
  return GeluLinear::apply(z.contiguous(), bias_or_none(bias, z), weight,
                           weight_bias.defined() ? weight_bias : torch::zeros({0}, weight.options()));
}

}  // namespace strop
