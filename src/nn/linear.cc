#include "nn/linear.h"

#include <torch/torch.h>

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
  weight.take({members_.begin(), members_.end()}, pass.precision);
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

Tensor linear_gelu(const Linear& layer, const Tensor& x, const Pass& pass) {
  if (auto* weight = makes_graph(x) ? nullptr : layer.plain_weight(pass)) {
    return product_of(x, weight->forward(), weight->bias(), After::gelu);
  }
  // These products add their bias themselves.
  if (frozen(layer) || layer.adapter || pass.precision != torch::kFloat) {
    return bias_gelu(linear(layer, x, pass), Tensor());
  }
  return bias_gelu(at::linear(x, layer.weight_in(pass.precision)), layer.bias_in(pass.precision));
}

Tensor linear_plus(const Linear& layer, const Tensor& x, const Tensor& residual, const Pass& pass) {
  auto* weight = makes_graph(x) || makes_graph(residual) ? nullptr : layer.plain_weight(pass);
  return weight != nullptr ? product_plus(x, weight->forward(), weight->bias(), residual)
                           : residual + linear(layer, x, pass);
}

}  // namespace strop
