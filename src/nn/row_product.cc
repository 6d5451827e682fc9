#include "nn/row_product.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>

#include "nn/device.h"
#include "nn/kernels/conv.h"
#include "nn/kernels/kernels.h"
#include "nn/kernels/row_product.h"
#include "nn/share_rows.h"

namespace strop {

using torch::Tensor;

bool suits_panels(const Tensor& weight) {
  return kernels::row_product_pays() && own_kernels(weight) && weight.scalar_type() == torch::kFloat &&
         weight.size(0) % kernels::kPanel == 0;
}

Tensor in_panels(const Tensor& weight) {
  const auto out = weight.size(0), in = weight.size(1);
  const Tensor dense = weight.contiguous();
  Tensor panels = torch::empty({out / kernels::kPanel, in, kernels::kPanel}, weight.options());
  const float* const from = dense.const_data_ptr<float>();
  float* const to = panels.data_ptr<float>();
  const std::int64_t size = in * kernels::kPanel;
  at::parallel_for(0, panels.size(0), 1, [&](std::int64_t first, std::int64_t last) {
    kernels::pack_pointwise(from + first * size, in, (last - first) * kernels::kPanel, to + first * size);
  });
  return panels;
}

Tensor row_product(const Tensor& x, const Tensor& panels, const Tensor& bias, After after, const Tensor& residual) {
  const auto rows = x.size(0), out = panels.size(0) * kernels::kPanel;
  const bool gelu = after == After::gelu;
  const Tensor in = x.contiguous(), beside = residual.defined() ? residual.contiguous() : residual;
  const Tensor zeros = gelu || !bias.defined() ? torch::zeros({out}, x.options()) : Tensor();
  const Tensor first_bias = zeros.defined() ? zeros : bias, gelu_bias = bias.defined() ? bias : zeros;
  Tensor y = torch::empty({rows, out}, x.options());
  const kernels::RowProduct work = {.x = in.const_data_ptr<float>(),
                                    .weight = panels.const_data_ptr<float>(),
                                    .bias = first_bias.const_data_ptr<float>(),
                                    .residual = beside.defined() ? beside.const_data_ptr<float>() : nullptr,
                                    .y = y.data_ptr<float>(),
                                    .in = panels.size(1),
                                    .out = out};
  // Whole tiles, the last part with what is left; parts as large as pays, but some for each thread.
  const auto tiles = std::max<std::int64_t>(1, rows / kernels::kProductTile);
  const auto parts = std::max(rows / kernels::kProductRows, std::min<std::int64_t>(4 * at::get_num_threads(), tiles));
  share_in_turn(tiles, parts, [&](std::int64_t first_tile, std::int64_t last_tile) {
    const auto first = first_tile * kernels::kProductTile;
    const auto last = last_tile == tiles ? rows : last_tile * kernels::kProductTile;
    kernels::row_product(work, first, last);
    if (gelu) kernels::bias_gelu(work.y, gelu_bias.const_data_ptr<float>(), work.y, out, first, last);
  });
  return y;
}

}  // namespace strop
