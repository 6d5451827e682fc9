#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>

#include "core/rng.h"
#include "nn/kernels/kernels.h"

namespace strop {
namespace {

using torch::Tensor;

// One (sequence, head) as fp32 blocks of dim columns. fp32 tensors are used in place, bf16 ones through a copy.
class HeadBlock {
 public:
  HeadBlock(const Tensor& tensor, std::int64_t first_row, std::int64_t rows, std::int64_t column, std::int64_t dim)
      : rows_(rows), dim_(dim), row_stride_(tensor.stride(0)), bf16_(tensor.scalar_type() == torch::kBFloat16) {
    const auto offset = first_row * row_stride_ + column;
    if (bf16_) {
      half_ = static_cast<std::uint16_t*>(tensor.data_ptr()) + offset;
    } else {
      data_ = static_cast<float*>(tensor.data_ptr()) + offset;
      stride_ = row_stride_;
    }
  }
  // Takes its fp32 room from `room` where one is needed.
  void place(float*& room) {
    if (!bf16_) return;
    data_ = room;
    stride_ = dim_;
    room += rows_ * dim_;
  }
  void load() const {
    if (bf16_) {
      for (std::int64_t r = 0; r < rows_; ++r) kernels::from_bf16(half_ + r * row_stride_, data_ + r * dim_, dim_);
    }
  }
  void store() const {
    if (bf16_) {
      for (std::int64_t r = 0; r < rows_; ++r) kernels::to_bf16(data_ + r * dim_, half_ + r * row_stride_, dim_);
    }
  }
  float* data() const { return data_; }
  std::int64_t stride() const { return stride_; }

 private:
  std::int64_t rows_, dim_, row_stride_, stride_ = 0;
  bool bf16_;
  std::uint16_t* half_ = nullptr;
  float* data_ = nullptr;
};

struct Layout {
  const std::int64_t *q_bounds, *k_bounds;
  std::int64_t batch, heads, dim, longest_q = 0, longest_k = 0;

  Layout(const Tensor& q, const Tensor& q_rows, const Tensor& k_rows, std::int64_t head_count)
      : q_bounds(q_rows.const_data_ptr<std::int64_t>()), k_bounds(k_rows.const_data_ptr<std::int64_t>()),
        batch(q_rows.numel() - 1), heads(head_count), dim(q.size(1) / head_count) {
    for (std::int64_t i = 0; i < batch; ++i) {
      longest_q = std::max(longest_q, q_bounds[i + 1] - q_bounds[i]);
      longest_k = std::max(longest_k, k_bounds[i + 1] - k_bounds[i]);
    }
  }
  // Calls work(sequence, head, room) for all pairs, split among the threads; `room` holds `floats` floats a thread.
  template <typename Work>
  void for_each(std::int64_t floats, const Work& work) const {
    at::parallel_for(0, batch * heads, 1, [&](std::int64_t first, std::int64_t last) {
      std::vector<float> room(static_cast<std::size_t>(floats));
      for (std::int64_t i = first; i < last; ++i) work(i / heads, i % heads, room.data());
    });
  }
};

// Rows that no sequence owns (see rounded_rows) stay finite.
void zero_behind(Tensor& tensor, std::int64_t rows) {
  if (tensor.size(0) > rows) tensor.narrow(0, rows, tensor.size(0) - rows).zero_();
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static Tensor forward(torch::autograd::AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                        const Tensor& q_rows, const Tensor& k_rows, std::int64_t heads, double rate, std::int64_t key) {
    const Layout layout(q, q_rows, k_rows, heads);
    const auto dim = layout.dim;
    Tensor out = torch::empty({q.size(0), q.size(1)}, q.options());
    zero_behind(out, layout.q_bounds[layout.batch]);
    Tensor lse = torch::empty({q.size(0), heads}, q.options().dtype(torch::kFloat));
    float* const lse_data = lse.data_ptr<float>();
    const auto scratch = kernels::attention_scratch(layout.longest_q, layout.longest_k, dim);
    const auto floats = scratch + layout.longest_q * (2 * dim + 1) + layout.longest_k * 2 * dim;
    layout.for_each(floats, [&](std::int64_t sequence, std::int64_t head, float* room) {
      const auto q0 = layout.q_bounds[sequence], queries = layout.q_bounds[sequence + 1] - q0;
      const auto k0 = layout.k_bounds[sequence], keys = layout.k_bounds[sequence + 1] - k0;
      const auto column = head * dim;
      HeadBlock q_block(q, q0, queries, column, dim), k_block(k, k0, keys, column, dim), v_block(v, k0, keys, column, dim);
      HeadBlock out_block(out, q0, queries, column, dim);
      float* own_scratch = room;
      room += scratch;
      float* own_lse = room;
      room += queries;
      for (auto* block : {&q_block, &k_block, &v_block}) {
        block->place(room);
        block->load();
      }
      out_block.place(room);
      kernels::attention_forward({.q = q_block.data(), .k = k_block.data(), .v = v_block.data(), .out = out_block.data(),
                                  .lse = own_lse, .scratch = own_scratch, .q_stride = q_block.stride(),
                                  .k_stride = k_block.stride(), .v_stride = v_block.stride(),
                                  .out_stride = out_block.stride(), .queries = queries, .keys = keys, .dim = dim,
                                  .scale = 1.0F / std::sqrt(static_cast<float>(dim)), .rate = static_cast<float>(rate),
                                  .key = mix64(static_cast<std::uint64_t>(key) + sequence * heads + head)});
      out_block.store();
      for (std::int64_t i = 0; i < queries; ++i) lse_data[(q0 + i) * heads + head] = own_lse[i];
    });
    ctx->save_for_backward({q, k, v, q_rows, k_rows, out, lse});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["key"] = key;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[5], &lse = saved[6];
    const auto heads = ctx->saved_data["heads"].toInt();
    const auto rate = static_cast<float>(ctx->saved_data["rate"].toDouble());
    const auto key = static_cast<std::uint64_t>(ctx->saved_data["key"].toInt());
    const Layout layout(q, saved[3], saved[4], heads);
    const auto dim = layout.dim;
    const Tensor g = gradients[0].contiguous();
    Tensor d_q = torch::empty({q.size(0), q.size(1)}, q.options());
    Tensor d_k = torch::empty({k.size(0), k.size(1)}, q.options()), d_v = torch::empty({k.size(0), k.size(1)}, q.options());
    zero_behind(d_q, layout.q_bounds[layout.batch]);
    zero_behind(d_k, layout.k_bounds[layout.batch]);
    zero_behind(d_v, layout.k_bounds[layout.batch]);
    const float* const lse_data = lse.const_data_ptr<float>();
    const auto scratch = kernels::attention_scratch(layout.longest_q, layout.longest_k, dim);
    const auto floats = scratch + layout.longest_q * (4 * dim + 1) + layout.longest_k * 4 * dim;
    layout.for_each(floats, [&](std::int64_t sequence, std::int64_t head, float* room) {
      const auto q0 = layout.q_bounds[sequence], queries = layout.q_bounds[sequence + 1] - q0;
      const auto k0 = layout.k_bounds[sequence], keys = layout.k_bounds[sequence + 1] - k0;
      const auto column = head * dim;
      HeadBlock q_block(q, q0, queries, column, dim), k_block(k, k0, keys, column, dim), v_block(v, k0, keys, column, dim);
      HeadBlock out_block(out, q0, queries, column, dim), g_block(g, q0, queries, column, dim);
      HeadBlock d_q_block(d_q, q0, queries, column, dim), d_k_block(d_k, k0, keys, column, dim);
      HeadBlock d_v_block(d_v, k0, keys, column, dim);
      float* own_scratch = room;
      room += scratch;
      float* own_lse = room;
      room += queries;
      for (std::int64_t i = 0; i < queries; ++i) own_lse[i] = lse_data[(q0 + i) * heads + head];
      for (auto* block : {&q_block, &k_block, &v_block, &out_block, &g_block}) {
        block->place(room);
        block->load();
      }
      for (auto* block : {&d_q_block, &d_k_block, &d_v_block}) block->place(room);
      kernels::attention_backward(
          {.q = q_block.data(), .k = k_block.data(), .v = v_block.data(), .out = out_block.data(), .lse = own_lse,
           .g = g_block.data(), .d_q = d_q_block.data(), .d_k = d_k_block.data(), .d_v = d_v_block.data(),
           .scratch = own_scratch, .q_stride = q_block.stride(), .k_stride = k_block.stride(),
           .v_stride = v_block.stride(), .out_stride = out_block.stride(), .g_stride = g_block.stride(),
           .d_q_stride = d_q_block.stride(), .d_k_stride = d_k_block.stride(), .d_v_stride = d_v_block.stride(),
           .queries = queries, .keys = keys, .dim = dim, .scale = 1.0F / std::sqrt(static_cast<float>(dim)),
           .rate = rate, .key = mix64(key + static_cast<std::uint64_t>(sequence * heads + head))});
      for (const auto* block : {&d_q_block, &d_k_block, &d_v_block}) block->store();
    });
    return {d_q, d_k, d_v, Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor packed_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& q_bounds,
                        const Tensor& k_bounds, const AttentionSpec& spec) {
  return PackedAttention::apply(q, k, v, q_bounds, k_bounds, spec.heads, spec.dropout,
                                static_cast<std::int64_t>(spec.mask_key));
}

}  // namespace strop
