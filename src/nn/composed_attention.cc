#include "nn/composed_attention.h"

#include <torch/types.h>

#include <algorithm>

#include "nn/columns.h"
#include "nn/device.h"
#include "nn/layer.h"

namespace strop {
namespace {

using torch::Tensor;

// GPU kernels take masks whose rows are whole vectors.
constexpr std::int64_t kRowMultiple = 8;

// Sequences laid side by side, `longest` rows each.
struct Laid {
  std::int64_t samples = 0, longest = 0;
  // Undefined where all sequences have `longest` rows.
  Tensor places;  // samples * longest: the packed row that lies there, row 0 where none does
  Tensor back;    // the other way: of every packed row that a sequence owns its place
  Tensor mask;    // samples x 1 x 1 x longest: true where a row lies
  TensorMark bounds;
  torch::Device device = torch::kCPU;
};

Laid lay(const Tensor& bounds, const torch::Device& device) {
  Laid laid;
  laid.samples = bounds.numel() - 1;
  const auto* const bound = bounds.const_data_ptr<std::int64_t>();
  std::int64_t shortest = laid.samples > 0 ? bound[1] - bound[0] : 0;
  for (std::int64_t i = 0; i < laid.samples; ++i) {
    laid.longest = std::max(laid.longest, bound[i + 1] - bound[i]);
    shortest = std::min(shortest, bound[i + 1] - bound[i]);
  }
  if (shortest == laid.longest) return laid;
  laid.longest = (laid.longest + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
  const Tensor column = torch::arange(laid.longest);
  const Tensor starts = bounds.narrow(0, 0, laid.samples).unsqueeze(1);
  const Tensor owned = column.unsqueeze(0) < bounds.narrow(0, 1, laid.samples).unsqueeze(1) - starts;
  const Tensor places = at::where(owned, starts + column, torch::zeros({}, torch::kLong));
  laid.places = places.flatten().to(device);
  laid.back = owned.flatten().nonzero().squeeze(1).to(device);
  laid.mask = owned.view({laid.samples, 1, 1, laid.longest}).to(device);
  laid.bounds = mark_of(bounds);
  laid.device = device;
  return laid;
}

// All layers of a pass ask for the same; sequences of one length cost nothing to lay.
Laid laid_out(const Tensor& bounds, const torch::Device& device) {
  thread_local Laid last;
  if (last.bounds == mark_of(bounds) && last.device == device) return last;
  Laid found = lay(bounds, device);
  if (found.places.defined()) last = found;
  return found;
}

// samples x heads x longest x dim of `width` columns of packed rows.
Tensor by_heads(const Columns& from, std::int64_t width, const Laid& laid, std::int64_t heads) {
  const Tensor own = from.tensor.narrow(1, from.first, width);
  const Tensor rows =
      laid.places.defined() ? own.index_select(0, laid.places) : own.narrow(0, 0, laid.samples * laid.longest);
  return rows.view({laid.samples, laid.longest, heads, width / heads}).transpose(1, 2);
}

}  // namespace

Tensor composed_attention(const std::vector<Tensor>& parts, const Tensor& q_bounds, const Tensor& k_bounds,
                          const AttentionSpec& spec) {
  const QueryKeyValue in(parts);
  const auto device = parts[0].device();
  const Laid queries = laid_out(q_bounds, device), keys = laid_out(k_bounds, device);
  if (spec.dropout > 0) seed_device(device, spec.mask_key);
  const Tensor answers = at::scaled_dot_product_attention(
      by_heads(in.q, in.width, queries, spec.heads), by_heads(in.k, in.width, keys, spec.heads),
      by_heads(in.v, in.width, keys, spec.heads), keys.mask.defined() ? std::optional<Tensor>(keys.mask) : std::nullopt,
      spec.dropout);
  const Tensor laid = answers.transpose(1, 2).reshape({queries.samples * queries.longest, in.width});
  const Tensor owned = queries.back.defined() ? laid.index_select(0, queries.back) : laid;
  // Rows that no sequence owns (nn/state.h) stay finite.
  const auto more = parts[0].size(0) - owned.size(0);
  return more > 0 ? at::constant_pad_nd(owned, {0, 0, 0, more}) : owned;
}

}  // namespace strop
