#include "nn/low_rank_linear.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include "nn/composed_low_rank.h"
#include "nn/device.h"

namespace strop {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Trained tensors in order: a_0 .. a_n, b_0 .. b_n, biases. `scales` are one a term, `columns` one a term and bias.
constexpr std::size_t kFirstFactor = 1;

std::vector<LowRankTerm> terms_of(torch::TensorList factors, const std::vector<double>& scales,
                                  const std::vector<std::int64_t>& columns) {
  std::vector<LowRankTerm> terms;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    terms.push_back({{factors[i], factors[scales.size() + i], scales[i]}, columns[i]});
  }
  return terms;
}

struct LowRankLinear : torch::autograd::Function<LowRankLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, torch::TensorList trained,
                        const std::vector<double>& scales, const std::vector<std::int64_t>& columns,
                        FrozenWeight* weight) {
    const Tensor y = product_of(x, weight->forward(), weight->bias());
    variable_list saved = {x.requires_grad() ? weight->backward() : Tensor()};
    if (!scales.empty()) {
      const auto factors = trained.slice(0, 2 * scales.size());
      const bool trains_a = std::any_of(factors.begin(), factors.begin() + static_cast<std::ptrdiff_t>(scales.size()),
                                        [](const Tensor& a) { return a.requires_grad(); });
      saved.push_back(trains_a ? x : Tensor());
      const auto terms = terms_of(factors, scales, columns);
      saved.push_back(own_kernels(x) ? LowRankTerms(terms).add_forward(x, y) : composed_terms_forward(terms, x, y));
      saved.insert(saved.end(), factors.begin(), factors.end());
    }
    ctx->save_for_backward(saved);
    ctx->saved_data["scales"] = scales;
    ctx->saved_data["columns"] = columns;
    std::vector<std::int64_t> widths;  // of the biases
    for (const auto& bias : trained.slice(2 * scales.size())) widths.push_back(bias.numel());
    ctx->saved_data["widths"] = widths;
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& g = gradients[0];
    variable_list result = {ctx->needs_input_grad(0) ? product_of(g, saved[0]) : Tensor()};
    if (saved.size() > 1) {
      const auto factors = torch::TensorList(saved).slice(3);
      const auto terms =
          terms_of(factors, ctx->saved_data["scales"].toDoubleVector(), ctx->saved_data["columns"].toIntVector());
      const auto found = own_kernels(g) ? LowRankTerms(terms).add_backward(g, saved[2], saved[1], result[0])
                                        : composed_terms_backward(terms, g, saved[2], saved[1], result[0]);
      for (const auto* side : {&found.a, &found.b}) result.insert(result.end(), side->begin(), side->end());
      for (std::size_t i = 0; i < factors.size(); ++i) {
        auto& gradient = result[kFirstFactor + i];
        gradient = ctx->needs_input_grad(kFirstFactor + i) ? gradient.to(factors[i].scalar_type()) : Tensor();
      }
    }
    const auto widths = ctx->saved_data["widths"].toIntVector(), columns = ctx->saved_data["columns"].toIntVector();
    const auto terms = columns.size() - widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool trains = ctx->needs_input_grad(kFirstFactor + 2 * terms + i);
      result.push_back(trains ? g.narrow(1, columns[terms + i], widths[i]).sum(0, false, torch::kFloat) : Tensor());
    }
    result.resize(result.size() + 3);  // scales, columns, weight
    return result;
  }
};

}  // namespace

torch::Tensor low_rank_linear(const Tensor& x, FrozenWeight& weight, const std::vector<LowRankTerm>& terms,
                              const std::vector<TrainedBias>& biases) {
  std::vector<Tensor> trained;
  std::vector<double> scales;
  std::vector<std::int64_t> columns;
  for (const auto& term : terms) trained.push_back(term.term.a);
  for (const auto& term : terms) trained.push_back(term.term.b);
  for (const auto& term : terms) {
    scales.push_back(term.term.scale);
    columns.push_back(term.column);
  }
  for (const auto& one : biases) {
    trained.push_back(one.bias);
    columns.push_back(one.column);
  }
  return LowRankLinear::apply(x, torch::TensorList(trained), scales, columns, &weight);
}

}  // namespace strop
