#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <cmath>

#include "core/rng.h"
#include "nn/composed_attention.h"
#include "nn/device.h"
#include "nn/row_block.h"

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Layout {
  const std::int64_t *q_bounds, *k_bounds;
  std::int64_t batch, heads, dim, longest_q = 0, longest_k = 0;

  Layout(std::int64_t width, const Tensor& q_rows, const Tensor& k_rows, std::int64_t head_count)
      : q_bounds(q_rows.const_data_ptr<std::int64_t>()),
        k_bounds(k_rows.const_data_ptr<std::int64_t>()),
        batch(q_rows.numel() - 1),
        heads(head_count),
        dim(width / head_count) {
    for (std::int64_t i = 0; i < batch; ++i) {
      longest_q = std::max(longest_q, q_bounds[i + 1] - q_bounds[i]);
      longest_k = std::max(longest_k, k_bounds[i + 1] - k_bounds[i]);
    }
  }
  RowBlock queries(std::int64_t sequence, std::int64_t head) const {
    const auto first = q_bounds[sequence], rows = q_bounds[sequence + 1] - first;
    return {first, rows, kernels::padded_queries(rows), head * dim, dim, kernels::padded_dim(dim)};
  }
  RowBlock keys(std::int64_t sequence, std::int64_t head) const {
    const auto first = k_bounds[sequence], rows = k_bounds[sequence + 1] - first;
    return {first, rows, kernels::padded_keys(rows), head * dim, dim, kernels::padded_dim(dim)};
  }
  float scale() const { return 1.0F / std::sqrt(static_cast<float>(dim)); }
  std::uint64_t mask_key(std::int64_t key, std::int64_t sequence, std::int64_t head) const {
    return mix64(static_cast<std::uint64_t>(key) + static_cast<std::uint64_t>(sequence * heads + head));
  }
  // Calls work(sequence, head, room) for all pairs, split among the threads; `room` holds the scratch of the kernels
  // and so many blocks of queries and keys.
  template <typename Work>
  void for_each(std::int64_t query_blocks, std::int64_t key_blocks, const Work& work) const {
    const auto floats = kernels::attention_scratch(longest_k, dim) +
                        kernels::padded_queries(longest_q) * (query_blocks * kernels::padded_dim(dim) + 1) +
                        kernels::padded_keys(longest_k) * key_blocks * kernels::padded_dim(dim);
    at::parallel_for(0, batch * heads, 1, [&](std::int64_t first, std::int64_t last) {
      const auto room = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(floats));
      for (std::int64_t i = first; i < last; ++i) work(i / heads, i % heads, room.get());
    });
  }
};

// Rows that no sequence owns (see rounded_rows) stay finite.
Tensor rows_of(std::int64_t rows, std::int64_t width, std::int64_t owned, const torch::TensorOptions& options) {
  Tensor tensor = torch::empty({rows, width}, options);
  if (rows > owned) tensor.narrow(0, owned, rows - owned).zero_();
  return tensor;
}

// A part of `room`, for one block.
float* take(const RowBlock& block, float*& room) {
  float* const part = room;
  room += block.floats();
  return part;
}
float* load(const RowBlock& block, const Columns& from, float*& room) {
  float* const part = take(block, room);
  block.load(from, part);
  return part;
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static Tensor forward(AutogradContext* ctx, torch::TensorList parts, const Tensor& q_rows, const Tensor& k_rows,
                        std::int64_t heads, double rate, std::int64_t key) {
    const QueryKeyValue in(parts);
    const Layout layout(in.width, q_rows, k_rows, heads);
    const auto rows = parts[0].size(0);
    Tensor out = rows_of(rows, in.width, layout.q_bounds[layout.batch], parts[0].options());
    Tensor lse = torch::empty({rows, heads}, parts[0].options().dtype(torch::kFloat));
    float* const lse_data = lse.data_ptr<float>();
    layout.for_each(2, 2, [&](std::int64_t sequence, std::int64_t head, float* room) {
      const RowBlock queries = layout.queries(sequence, head), keys = layout.keys(sequence, head);
      float* const q = load(queries, in.q, room);
      float* const k = load(keys, in.k, room);
      float* const v = load(keys, in.v, room);
      float* const result = take(queries, room);
      float* const own_lse = room;
      room += queries.padded_rows;
      kernels::attention_forward({.q = q,
                                  .k = k,
                                  .v = v,
                                  .out = result,
                                  .lse = own_lse,
                                  .scratch = room,
                                  .queries = queries.rows,
                                  .keys = keys.rows,
                                  .dim = layout.dim,
                                  .scale = layout.scale(),
                                  .rate = static_cast<float>(rate),
                                  .key = layout.mask_key(key, sequence, head)});
      queries.store(result, {out, 0});
      for (std::int64_t i = 0; i < queries.rows; ++i) lse_data[(queries.first + i) * heads + head] = own_lse[i];
    });
    variable_list saved = {q_rows, k_rows, out, lse};
    saved.insert(saved.end(), parts.begin(), parts.end());
    ctx->save_for_backward(saved);
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["key"] = key;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &out = saved[2], &lse = saved[3];
    const torch::TensorList parts = torch::TensorList(saved).slice(4);
    const auto heads = ctx->saved_data["heads"].toInt();
    const auto rate = static_cast<float>(ctx->saved_data["rate"].toDouble());
    const auto key = ctx->saved_data["key"].toInt();
    const QueryKeyValue in(parts);
    const Layout layout(in.width, saved[0], saved[1], heads);
    const Tensor g = gradients[0].contiguous();
    variable_list d_parts;
    for (const auto& part : parts) {
      const auto owned = (d_parts.empty() ? layout.q_bounds : layout.k_bounds)[layout.batch];
      d_parts.push_back(rows_of(part.size(0), part.size(1), owned, out.options()));
    }
    const QueryKeyValue d(d_parts);
    const float* const lse_data = lse.const_data_ptr<float>();
    layout.for_each(4, 4, [&](std::int64_t sequence, std::int64_t head, float* room) {
      const RowBlock queries = layout.queries(sequence, head), keys = layout.keys(sequence, head);
      float* const q = load(queries, in.q, room);
      float* const k = load(keys, in.k, room);
      float* const v = load(keys, in.v, room);
      float* const result = load(queries, {out, 0}, room);
      float* const own_g = load(queries, {g, 0}, room);
      float* const d_q = take(queries, room);
      float* const d_k = take(keys, room);
      float* const d_v = take(keys, room);
      float* const own_lse = room;
      room += queries.padded_rows;
      std::fill(own_lse, own_lse + queries.padded_rows, 0.0F);
      for (std::int64_t i = 0; i < queries.rows; ++i) own_lse[i] = lse_data[(queries.first + i) * heads + head];
      kernels::attention_backward({.q = q,
                                   .k = k,
                                   .v = v,
                                   .out = result,
                                   .lse = own_lse,
                                   .g = own_g,
                                   .d_q = d_q,
                                   .d_k = d_k,
                                   .d_v = d_v,
                                   .scratch = room,
                                   .queries = queries.rows,
                                   .keys = keys.rows,
                                   .dim = layout.dim,
                                   .scale = layout.scale(),
                                   .rate = rate,
                                   .key = layout.mask_key(key, sequence, head)});
      queries.store(d_q, d.q);
      keys.store(d_k, d.k);
      keys.store(d_v, d.v);
    });
    d_parts.resize(d_parts.size() + 5);  // bounds, heads, rate, key
    return d_parts;
  }
};

}  // namespace

Tensor packed_attention(const std::vector<Tensor>& parts, const Tensor& q_bounds, const Tensor& k_bounds,
                        const AttentionSpec& spec) {
  if (!own_kernels(parts[0])) return composed_attention(parts, q_bounds, k_bounds, spec);
  return PackedAttention::apply(torch::TensorList(parts), q_bounds, k_bounds, spec.heads, spec.dropout,
                                static_cast<std::int64_t>(spec.mask_key));
}

}  // namespace strop
