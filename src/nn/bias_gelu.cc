#include "nn/bias_gelu.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "nn/kernels/kernels.h"

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows handed to one thread at a time.
constexpr std::int64_t kGrain = 16;

struct BiasGelu : torch::autograd::Function<BiasGelu> {
  static Tensor forward(AutogradContext* ctx, const Tensor& z, const Tensor& bias) {
    Tensor y = torch::empty_like(z);
    at::parallel_for(0, z.size(0), kGrain, [&](std::int64_t first, std::int64_t last) {
      kernels::bias_gelu(z.const_data_ptr<float>(), bias.const_data_ptr<float>(), y.data_ptr<float>(), z.size(1), first,
                         last);
    });
    ctx->save_for_backward({z, bias});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &z = saved[0], &bias = saved[1];
    const Tensor g = gradients[0].contiguous();
    const auto rows = z.size(0), width = z.size(1);
    Tensor d_z = torch::empty_like(z);
    // A fixed number of parts, whatever the threads, so that the sums' order and bits are the same everywhere.
    constexpr std::int64_t kParts = 16;
    Tensor d_bias = torch::zeros({kParts, width}, z.options());
    at::parallel_for(0, kParts, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t part = first; part < last; ++part) {
        kernels::bias_gelu_gradient(g.const_data_ptr<float>(), z.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                                    d_z.data_ptr<float>(), d_bias.data_ptr<float>() + part * width, width,
                                    rows * part / kParts, rows * (part + 1) / kParts);
      }
    });
    return {d_z, ctx->needs_input_grad(1) ? d_bias.sum(0) : Tensor()};
  }
};

}  // namespace

Tensor bias_gelu(const Tensor& z, const Tensor& bias) {
  if (z.scalar_type() != torch::kFloat || !z.is_cpu()) return at::gelu(bias.defined() ? z + bias : z);
  return BiasGelu::apply(z.contiguous(), bias.defined() ? bias : torch::zeros({z.size(1)}, z.options()));
}

}  // namespace strop
