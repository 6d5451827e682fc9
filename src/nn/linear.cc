#include "nn/linear.h"

#include <torch/types.h>

#include "nn/bias_gelu.h"
#include "nn/low_rank_linear.h"

namespace strop {
namespace {

using torch::Tensor;

// True where the layer can take part in a product over frozen weights; its bias may train.
bool frozen(const Linear& layer) {
  return !layer.weight.requires_grad() && !(layer.adapter && layer.adapter->changes_input());
}

bool makes_graph(const Tensor& x) { return torch::GradMode::is_enabled() && x.requires_grad(); }

Tensor side_by_side(const std::vector<Tensor>& parts) { return parts.size() == 1 ? parts[0] : at::cat(parts, 1); }

}  // namespace

Tensor LinearGroup::forward(const Tensor& x, const Pass& pass) const {
  return std::all_of(members_.begin(), members_.end(), [](const auto* member) { return frozen(*member); })
             ? frozen_forward(x, pass)
             : trained_forward(x, pass);
}

Tensor LinearGroup::trained_forward(const Tensor& x, const Pass& pass) const {
  std::vector<Tensor> results;
  for (const auto* member : members_) {
    const Tensor in = member->adapter ? member->adapter->input(x) : x;
    const Tensor y = at::linear(in, member->weight_in(pass.precision), member->bias_in(pass.precision));
    results.push_back(member->adapter ? member->adapter->output(in, y, *member, pass) : y);
  }
  return side_by_side(results);
}

Tensor LinearGroup::frozen_forward(const Tensor& x, const Pass& pass) const {
  auto& weight = members_.size() == 1 ? members_[0]->frozen_ : frozen_;
  weight.take({members_.begin(), members_.end()}, pass.precision, makes_graph(x));
  std::vector<LowRankTerm> terms;
  std::vector<TrainedBias> biases;
  std::vector<bool> fused(members_.size(), true);
  std::int64_t column = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->adapter) {
      const auto low_rank = members_[i]->adapter->low_rank(pass);
      fused[i] = low_rank.has_value();
      if (fused[i]) terms.push_back({*low_rank, column});
    }
    if (members_[i]->bias.defined() && members_[i]->bias.requires_grad()) biases.push_back({members_[i]->bias, column});
    column += members_[i]->out();
  }
  const Tensor y = low_rank_linear(x, weight, terms, biases);
  if (std::all_of(fused.begin(), fused.end(), [](bool one) { return one; })) return y;
  std::vector<Tensor> results;
  column = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& member = *members_[i];
    const Tensor own = y.narrow(1, column, member.out());
    results.push_back(fused[i] ? own : member.adapter->output(x, own, member, pass));
    column += member.out();
  }
  return side_by_side(results);
}

Tensor linear(const Linear& layer, const Tensor& x, const Pass& pass) { return LinearGroup({&layer}).forward(x, pass); }

FrozenWeight* Linear::plain_weight(const Pass& pass) const {
  if (!frozen(*this) || adapter) return nullptr;
  frozen_.take({this}, pass.precision);
  return &frozen_;
}

Tensor gelu_mlp(const Linear& up, const Linear& down, const Tensor& x, const Pass& pass, const Tensor& residual) {
  const auto plus_residual = [&](const Tensor& y) { return residual.defined() ? residual + y : y; };
  if (auto* weight = makes_graph(x) ? nullptr : up.plain_weight(pass)) {
    const Tensor wide = product_of(x, weight->forward(), weight->bias(), After::gelu);
    auto* behind = residual.defined() && !makes_graph(residual) ? down.plain_weight(pass) : nullptr;
    return behind != nullptr ? product_plus(wide, behind->forward(), behind->bias(), residual)
                             : plus_residual(linear(down, wide, pass));
  }
  // These products add their bias themselves.
  const bool with_bias = frozen(up) || up.adapter || pass.precision != torch::kFloat;
  const Tensor z = with_bias ? linear(up, x, pass) : at::linear(x, up.weight_in(pass.precision));
  const Tensor bias = with_bias ? Tensor() : up.bias_in(pass.precision);
  if (frozen(down) || down.adapter) return plus_residual(linear(down, bias_gelu(z, bias), pass));
  return plus_residual(gelu_linear(z, bias, down.weight_in(pass.precision), down.bias_in(pass.precision)));
}

}  // namespace strop
