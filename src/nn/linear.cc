#include "nn/linear.h"

#include <torch/torch.h>

#include "nn/low_rank_linear.h"

namespace strop {
namespace {

using torch::Tensor;

bool frozen(const Linear& layer) {
  return !layer.weight.requires_grad() && !(layer.bias.defined() && layer.bias.requires_grad());
}

Tensor adapted(const Linear& layer, const Tensor& x, const Tensor& y, const Pass& pass) {
  return layer.adapter ? layer.adapter->output(x, y, layer, pass) : y;
}

}  // namespace

std::vector<Tensor> LinearGroup::forward(const Tensor& x, const Pass& pass) const {
  bool together = true;
  for (const auto* member : members_) {
    together = together && frozen(*member) && !(member->adapter && member->adapter->changes_input());
  }
  if (together) return frozen_forward(x, pass);

  std::vector<Tensor> results;
  for (const auto* member : members_) {
    const Tensor in = member->adapter ? member->adapter->input(x) : x;
    const Tensor y = at::linear(in, member->weight_in(pass.precision), member->bias_in(pass.precision));
    results.push_back(adapted(*member, in, y, pass));
  }
  return results;
}

std::vector<Tensor> LinearGroup::frozen_forward(const Tensor& x, const Pass& pass) const {
  const Tensor& weight = joint_weight(pass.precision);
  const Tensor& bias = joint_bias(pass.precision);
  std::vector<LowRankTerm> terms;
  std::vector<bool> fused(members_.size(), false);
  std::int64_t column = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->adapter) {
      if (const auto low_rank = members_[i]->adapter->low_rank(pass)) {
        terms.push_back({*low_rank, column});
        fused[i] = true;
      }
    }
    column += members_[i]->out();
  }
  const Tensor y = terms.empty() ? at::linear(x, weight, bias.defined() ? std::optional<Tensor>(bias) : std::nullopt)
                                 : low_rank_linear(x, weight, bias, terms);
  std::vector<Tensor> results;
  column = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Tensor own = members_.size() == 1 ? y : y.narrow(1, column, members_[i]->out());
    results.push_back(fused[i] ? own : adapted(*members_[i], x, own, pass));
    column += members_[i]->out();
  }
  return results;
}

const Tensor& LinearGroup::joint_weight(torch::ScalarType precision) const {
  std::vector<TensorMark> source;
  for (const auto* member : members_) {
    source.push_back(mark_of(member->weight));
    source.push_back(mark_of(member->bias));
  }
  if (!joint_weight_.defined() || joint_weight_.scalar_type() != precision || source != joint_source_) {
    if (members_.size() == 1) {
      joint_weight_ = members_[0]->weight_in(precision);
      joint_bias_ = members_[0]->bias_in(precision);
    } else {
      std::vector<Tensor> weights, biases;
      for (const auto* member : members_) {
        weights.push_back(member->weight.detach().to(precision));
        if (member->bias.defined()) biases.push_back(member->bias.detach().to(precision));
      }
      joint_weight_ = at::cat(weights, 0);
      joint_bias_ = biases.empty() ? Tensor() : at::cat(biases, 0);
    }
    joint_source_ = std::move(source);
  }
  return joint_weight_;
}

const Tensor& LinearGroup::joint_bias(torch::ScalarType precision) const {
  joint_weight(precision);
  return joint_bias_;
}

Tensor linear(const Linear& layer, const Tensor& x, const Pass& pass) {
  return LinearGroup({&layer}).forward(x, pass)[0];
}

}  // namespace strop
