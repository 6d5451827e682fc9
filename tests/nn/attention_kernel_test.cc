#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "compare.h"
#include "core/clones.h"
#include "nn/kernels/attention_blocks.h"

namespace strop::kernels {
namespace {

using torch::Tensor;

// `rows` x `columns` of `tensor` as floats, zeros behind them.
std::vector<float> filled_up(const Tensor& tensor, std::int64_t rows, std::int64_t columns) {
  const Tensor wide = at::constant_pad_nd(tensor, {0, columns - tensor.size(1), 0, rows - tensor.size(0)}).contiguous();
  return {wide.const_data_ptr<float>(), wide.const_data_ptr<float>() + wide.numel()};
}

// One head, on random numbers.
struct Head {
  Head(std::int64_t query_count, std::int64_t key_count, std::int64_t width)
      : queries(query_count), keys(key_count), dim(width) {}

  // {out, d_q, d_k, d_v}
  std::vector<Tensor> run(void (*forward)(const AttentionForward&), void (*backward)(const AttentionBackward&)) const {
    const auto rows = padded_queries(queries), columns = padded_keys(keys), width = padded_dim(dim);
    const auto q_block = filled_up(q, rows, width), k_block = filled_up(k, columns, width),
               v_block = filled_up(v, columns, width), g_block = filled_up(g, rows, width);
    std::vector<float> out(q_block.size()), d_q(out), d_k(k_block.size()), d_v(d_k);
    std::vector<float> lse(static_cast<std::size_t>(rows)),
        scratch(static_cast<std::size_t>(attention_scratch(keys, dim)));
    const float scale = 1 / std::sqrt(static_cast<float>(dim));
    forward({q_block.data(), k_block.data(), v_block.data(), out.data(), lse.data(), scratch.data(), queries, keys, dim,
             scale, 0, 0});
    backward({q_block.data(), k_block.data(), v_block.data(), out.data(), lse.data(), g_block.data(), d_q.data(),
              d_k.data(), d_v.data(), scratch.data(), queries, keys, dim, scale, 0, 0});
    const auto of = [&](std::vector<float>& block, std::int64_t count) {
      const Tensor all = torch::from_blob(block.data(), {static_cast<std::int64_t>(block.size()) / width, width});
      return all.narrow(0, 0, count).narrow(1, 0, dim).clone();
    };
    return {of(out, queries), of(d_q, queries), of(d_k, keys), of(d_v, keys)};
  }

  std::vector<Tensor> composed() const {
    const auto leaf = [](const Tensor& x) { return x.to(torch::kDouble).requires_grad_(); };
    const Tensor q_leaf = leaf(q), k_leaf = leaf(k), v_leaf = leaf(v);
    const Tensor scores = q_leaf.mm(k_leaf.t()) / std::sqrt(static_cast<double>(dim));
    const Tensor out = at::softmax(scores, -1).mm(v_leaf);
    std::vector<Tensor> all = torch::autograd::grad({out}, {q_leaf, k_leaf, v_leaf}, {g.to(torch::kDouble)});
    all.insert(all.begin(), out.detach());
    return all;
  }

  std::int64_t queries, keys, dim;
  Tensor q = seeded({queries, dim}, 1), k = seeded({keys, dim}, 2), v = seeded({keys, dim}, 3);
  Tensor g = seeded({queries, dim}, 4);  // gradient of the result
};

// Blocks of queries whole and not, tiles of 8 and 4 rows, one register of columns left over and none.
TEST(AttentionKernel, EachProcessorsPassEqualsComposedForm) {
  for (const auto& [queries, keys, dim] : std::vector<std::array<std::int64_t, 3>>{
           {1, 1, 8}, {5, 17, 12}, {64, 64, 32}, {33, 50, 48}, {197, 197, 64}, {1, 100, 64}}) {
    SCOPED_TRACE(::testing::Message() << queries << " queries, " << keys << " keys, dim " << dim);
    const Head head(queries, keys, dim);
    const auto expected = head.composed();
    const auto check = [&](auto* forward, auto* backward, const std::string& name) {
      const auto found = head.run(forward, backward);
      for (std::size_t i = 0; i < found.size(); ++i) {
        expect_close(found[i], expected[i], 1e-5, name + ", result " + std::to_string(i));
      }
    };
    check(attention_forward_plain, attention_backward_plain, "plain");
#ifdef STROP_HAS_CLONES
    if (__builtin_cpu_supports("x86-64-v3") > 0) check(attention_forward_avx2, attention_backward_avx2, "AVX2");
    if (__builtin_cpu_supports("x86-64-v4") > 0) check(attention_forward_avx512, attention_backward_avx512, "AVX-512");
#endif
  }
}

}  // namespace
}  // namespace strop::kernels
