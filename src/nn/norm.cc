#include "nn/norm.h"

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

// fp32 rows of a tensor that may be bf16: load(row) and store(row) go through one row of room.
class RowAccess {
 public:
  RowAccess(const Tensor& tensor, std::int64_t width) : width_(width) {
    if (!tensor.defined()) return;
    if (tensor.scalar_type() == torch::kBFloat16) {
      half_ = static_cast<std::uint16_t*>(tensor.data_ptr());
      room_.resize(static_cast<std::size_t>(width));
    } else {
      full_ = static_cast<float*>(tensor.data_ptr());
    }
  }
  // A pointer p with p[row * width + c] valid for this row.
  float* load(std::int64_t row) {
    if (half_ == nullptr) return full_ == nullptr ? nullptr : full_ + row * width_;
    kernels::from_bf16(half_ + row * width_, room_.data(), width_);
    return room_.data();
  }
  float* open(std::int64_t row) {
    return half_ != nullptr ? room_.data() : full_ == nullptr ? nullptr : full_ + row * width_;
  }
  void store(std::int64_t row) {
    if (half_ != nullptr) kernels::to_bf16(room_.data(), half_ + row * width_, width_);
  }

 private:
  std::int64_t width_;
  std::uint16_t* half_ = nullptr;
  float* full_ = nullptr;
  std::vector<float> room_;
};

struct ResidualNorm : torch::autograd::Function<ResidualNorm> {
  // Returns the normalised rows and, with `gives_sum`, the sum.
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                               const std::optional<Tensor>& optional_residual, double eps, double rate,
                               std::int64_t key, bool keep, bool gives_sum) {
    const Tensor residual = optional_residual.value_or(Tensor());
    const auto rows = x.size(0), width = x.size(1);
    Tensor y = torch::empty_like(x);
    Tensor sum = gives_sum ? torch::empty_like(x) : Tensor();
    Tensor xhat = keep ? torch::empty_like(x) : Tensor();
    Tensor rstd = torch::empty({rows}, x.options().dtype(torch::kFloat));
    at::parallel_for(0, rows, kGrain, [&](std::int64_t first, std::int64_t last) {
      RowAccess x_rows(x, width), residual_rows(residual, width), y_rows(y, width), sum_rows(sum, width),
          xhat_rows(xhat, width);
      for (std::int64_t row = first; row < last; ++row) {
        kernels::norm_forward({.x = x_rows.load(row),
                               .residual = residual_rows.load(row),
                               .gamma = gamma.const_data_ptr<float>(),
                               .beta = beta.const_data_ptr<float>(),
                               .y = y_rows.open(row),
                               .sum = sum_rows.open(row),
                               .xhat = xhat_rows.open(row),
                               .rstd = rstd.data_ptr<float>() + row,
                               .width = width,
                               .eps = static_cast<float>(eps),
                               .rate = static_cast<float>(rate),
                               .key = static_cast<std::uint64_t>(key),
                               .mask_row = row},
                              0, 1);
        y_rows.store(row);
        sum_rows.store(row);
        xhat_rows.store(row);
      }
    });
    ctx->save_for_backward({xhat, rstd, gamma});
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["key"] = key;
    ctx->saved_data["residual"] = residual.defined();
    ctx->set_materialize_grads(false);
    if (!gives_sum) return {y};
    return {y, sum};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &xhat = saved[0], &rstd = saved[1], &gamma = saved[2];
    const auto rate = static_cast<float>(ctx->saved_data["rate"].toDouble());
    const auto key = static_cast<std::uint64_t>(ctx->saved_data["key"].toInt());
    const bool has_residual = ctx->saved_data["residual"].toBool();
    const auto rows = xhat.size(0), width = xhat.size(1);
    const Tensor g = gradients[0].defined() ? gradients[0].contiguous() : torch::zeros_like(xhat);
    const Tensor g_sum = gradients.size() > 1 && gradients[1].defined() ? gradients[1].contiguous() : Tensor();
    Tensor d_sum = torch::empty_like(xhat);
    Tensor d_x = rate > 0 ? torch::empty_like(xhat) : Tensor();
    const bool affine = ctx->needs_input_grad(1) || ctx->needs_input_grad(2);
    Tensor d_gamma = affine ? torch::zeros({kSumParts, width}, rstd.options()) : Tensor();
    Tensor d_beta = affine ? torch::zeros({kSumParts, width}, rstd.options()) : Tensor();
    share_sums(rows, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
      RowAccess g_rows(g, width), g_sum_rows(g_sum, width), xhat_rows(xhat, width), sum_rows(d_sum, width),
          x_rows(d_x, width);
      float* const gamma_part = affine ? d_gamma.data_ptr<float>() + part * width : nullptr;
      float* const beta_part = affine ? d_beta.data_ptr<float>() + part * width : nullptr;
      for (auto row = first; row < last; ++row) {
        kernels::norm_backward({.g = g_rows.load(row),
                                .g_sum = g_sum_rows.load(row),
                                .xhat = xhat_rows.load(row),
                                .rstd = rstd.const_data_ptr<float>() + row,
                                .gamma = gamma.const_data_ptr<float>(),
                                .d_sum = sum_rows.open(row),
                                .d_x = x_rows.open(row),
                                .d_gamma = gamma_part,
                                .d_beta = beta_part,
                                .width = width,
                                .rate = rate,
                                .key = key,
                                .mask_row = row},
                               0, 1);
        sum_rows.store(row);
        x_rows.store(row);
      }
    });
    return {rate > 0 ? d_x : d_sum,
            affine ? d_gamma.sum(0) : Tensor(),
            affine ? d_beta.sum(0) : Tensor(),
            has_residual ? d_sum : Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor()};
  }
};

struct Dropout : torch::autograd::Function<Dropout> {
  static Tensor masked(const Tensor& x, double rate, std::int64_t key) {
    const Tensor in = x.to(torch::kFloat).contiguous();
    Tensor y = torch::empty_like(in);
    at::parallel_for(0, in.numel(), 1 << 14, [&](std::int64_t first, std::int64_t last) {
      kernels::dropout(in.const_data_ptr<float>(), y.data_ptr<float>(), static_cast<float>(rate),
                       static_cast<std::uint64_t>(key), first, last);
    });
    return y.to(x.scalar_type());
  }
  static Tensor forward(AutogradContext* ctx, const Tensor& x, double rate, std::int64_t key) {
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["key"] = key;
    return masked(x, rate, key);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    return {masked(gradients[0], ctx->saved_data["rate"].toDouble(), ctx->saved_data["key"].toInt()), Tensor(),
            Tensor()};
  }
};

// Of libtorch's own operations, where the kernels are not.
Tensor composed_dropout(const Tensor& x, const DropoutSpec& dropout) {
  if (dropout.rate <= 0) return x;
  seed_device(x.device(), dropout.mask_key);
  return std::get<0>(at::native_dropout(x, dropout.rate, true));
}
variable_list composed_norm(const LayerNorm& norm, const Parameters& own, const Tensor& x, const Tensor& residual,
                            const DropoutSpec& dropout) {
  const Tensor kept = composed_dropout(x.to(torch::kFloat), dropout);
  const Tensor sum = residual.defined() ? kept + residual : kept;
  const Tensor y = at::layer_norm(sum, norm.shape(), own.weight, own.bias, norm.eps());
  return {y.to(x.scalar_type()), sum.to(x.scalar_type())};
}

variable_list normed(const LayerNorm& norm, const Tensor& x, const Tensor& residual, const DropoutSpec& dropout,
                     bool gives_sum) {
  const auto own = parameters_of(norm);
  if (!own_kernels(x)) return composed_norm(norm, own, x, residual, dropout);
  const auto& [weight, bias] = own;
  const bool keep =
      torch::GradMode::is_enabled() && (x.requires_grad() || (residual.defined() && residual.requires_grad()) ||
                                        weight.requires_grad() || bias.requires_grad());
  return ResidualNorm::apply(x.contiguous(), weight, bias,
                             residual.defined() ? std::optional<Tensor>(residual.contiguous()) : std::nullopt,
                             norm.eps(), dropout.rate, static_cast<std::int64_t>(dropout.mask_key), keep, gives_sum);
}

}  // namespace

Tensor residual_norm(const LayerNorm& norm, const Tensor& x, const Tensor& residual, const DropoutSpec& dropout) {
  return normed(norm, x, residual, dropout, false)[0];
}

NormedSum sum_and_norm(const LayerNorm& norm, const Tensor& x, const Tensor& residual, const DropoutSpec& dropout) {
  const auto results = normed(norm, x, residual, dropout, true);
  return {results[1], results[0]};
}

Tensor dropout(const Tensor& x, const DropoutSpec& dropout) {
  if (!own_kernels(x)) return composed_dropout(x, dropout);
  if (dropout.rate <= 0) return x;
  return Dropout::apply(x, dropout.rate, static_cast<std::int64_t>(dropout.mask_key));
}

}  // namespace strop
