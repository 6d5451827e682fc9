#include "nn/composed_low_rank.h"

#include <torch/types.h>

namespace strop {

using torch::Tensor;

Tensor composed_terms_forward(const std::vector<LowRankTerm>& terms, const Tensor& x, const Tensor& y) {
  std::vector<Tensor> sums;
  for (const auto& [term, column] : terms) {
    const Tensor u = x.matmul(term.a.detach().to(x.scalar_type()).t());
    y.narrow(1, column, term.b.size(0))
        .addmm_(u, term.b.detach().to(x.scalar_type()).t(), /*beta=*/1, /*alpha=*/term.scale);
    sums.push_back(u);
  }
  return at::cat(sums, 1);
}

LowRankGradients composed_terms_backward(const std::vector<LowRankTerm>& terms, const Tensor& g, const Tensor& u,
                                         const Tensor& x, const Tensor& dx) {
  LowRankGradients result;
  std::int64_t at = 0;
  for (const auto& [term, column] : terms) {
    const auto rank = term.a.size(0);
    const Tensor own = g.narrow(1, column, term.b.size(0));
    const Tensor d_u = own.matmul(term.b.detach().to(g.scalar_type())) * term.scale;
    result.b.push_back((own.t().matmul(u.narrow(1, at, rank)) * term.scale).to(torch::kFloat));
    result.a.push_back(x.defined() ? d_u.t().matmul(x).to(torch::kFloat) : Tensor());
    if (dx.defined()) dx.addmm_(d_u, term.a.detach().to(g.scalar_type()));
    at += rank;
  }
  return result;
}

}  // namespace strop
