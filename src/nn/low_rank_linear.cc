#include "nn/low_rank_linear.h"

#include <torch/torch.h>

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Factors in order: a_0 .. a_n, b_0 .. b_n. `scales` and `columns` are one a term. The bias comes last: an absent one
// has no edge, and would shift those behind it.
constexpr std::size_t kFirstFactor = 2;

struct LowRankLinear : torch::autograd::Function<LowRankLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, torch::TensorList factors,
                        const std::vector<double>& scales, const std::vector<std::int64_t>& columns,
                        const std::optional<Tensor>& bias) {
    const auto terms = scales.size();
    const auto precision = x.scalar_type();
    Tensor y = at::linear(x, weight, bias);
    variable_list saved = {weight};
    bool any_a = false;
    std::vector<Tensor> a(terms), b(terms);
    for (std::size_t i = 0; i < terms; ++i) {
      a[i] = factors[i].detach().to(precision);
      b[i] = factors[terms + i].detach().to(precision);
      any_a = any_a || factors[i].requires_grad();
    }
    const Tensor all_a = terms == 1 ? a[0] : at::cat(a, 0);
    const Tensor u = at::linear(x, all_a);
    std::int64_t rank = 0;
    for (std::size_t i = 0; i < terms; ++i) {
      y.narrow(1, columns[i], b[i].size(0)).addmm_(u.narrow(1, rank, a[i].size(0)), b[i].t(), 1, scales[i]);
      rank += a[i].size(0);
    }
    saved.push_back(any_a ? x : Tensor());
    saved.push_back(u);
    saved.push_back(all_a);
    saved.insert(saved.end(), b.begin(), b.end());
    ctx->save_for_backward(saved);
    ctx->saved_data["scales"] = scales;
    ctx->saved_data["columns"] = columns;
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &weight = saved[0], &x = saved[1], &u = saved[2], &all_a = saved[3];
    const auto scales = ctx->saved_data["scales"].toDoubleVector();
    const auto columns = ctx->saved_data["columns"].toIntVector();
    const auto terms = scales.size();
    const Tensor& g = gradients[0];

    variable_list d_a(terms), d_b(terms);
    std::vector<Tensor> through(terms);  // s_i g_i B_i, rows x rank_i
    std::int64_t rank = 0;
    for (std::size_t i = 0; i < terms; ++i) {
      const Tensor& b = saved[4 + i];
      const Tensor part = g.narrow(1, columns[i], b.size(0));
      through[i] = at::mul(at::mm(part, b), scales[i]);
      if (ctx->needs_input_grad(kFirstFactor + terms + i)) {
        d_b[i] = at::mul(at::mm(part.t(), u.narrow(1, rank, b.size(1))), scales[i]);
      }
      rank += b.size(1);
    }
    const Tensor joint = terms == 1 ? through[0] : at::cat(through, 1);
    rank = 0;
    if (x.defined()) {
      const Tensor d_all = at::mm(joint.t(), x);
      for (std::size_t i = 0; i < terms; ++i) {
        if (ctx->needs_input_grad(kFirstFactor + i)) d_a[i] = d_all.narrow(0, rank, through[i].size(1));
        rank += through[i].size(1);
      }
    }
    Tensor d_x;
    if (ctx->needs_input_grad(0)) {
      d_x = at::mm(g, weight);
      d_x.addmm_(joint, all_a);
    }
    variable_list result = {d_x, Tensor()};
    result.insert(result.end(), d_a.begin(), d_a.end());
    result.insert(result.end(), d_b.begin(), d_b.end());
    result.resize(result.size() + 3);  // scales, columns, bias
    return result;
  }
};

}  // namespace

torch::Tensor low_rank_linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
                              const std::vector<LowRankTerm>& terms) {
  std::vector<Tensor> factors;
  std::vector<double> scales;
  std::vector<std::int64_t> columns;
  for (const auto& term : terms) factors.push_back(term.term.a);
  for (const auto& term : terms) factors.push_back(term.term.b);
  for (const auto& term : terms) {
    scales.push_back(term.term.scale);
    columns.push_back(term.column);
  }
  return LowRankLinear::apply(x, weight, torch::TensorList(factors), scales, columns,
                              bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
}

}  // namespace strop
