#include "train/optimizer.h"

#include <torch/types.h>

#include <algorithm>

#include "nn/device.h"

namespace strop {

using torch::Tensor;

Optimizer::Optimizer(const Options& options, std::vector<TrainedTensor> tensors)
    : adamw_(options.optim == "adamw"),
      beta1_(options.adam_beta1),
      beta2_(options.adam_beta2),
      epsilon_(options.adam_epsilon),
      weight_decay_(options.weight_decay),
      momentum_(options.momentum),
      tensors_(std::move(tensors)) {}

double Optimizer::clip(double max_norm) {
  std::vector<Tensor> gradients;
  for (const auto& one : tensors_) {
    if (one.tensor.grad().defined()) gradients.push_back(one.tensor.grad());
  }
  if (gradients.empty()) return 0;
  torch::NoGradGuard no_grad;
  const double norm = at::stack(at::_foreach_norm(gradients, 2)).norm().item<double>();
  if (max_norm > 0 && norm > max_norm) at::_foreach_mul_(gradients, max_norm / (norm + 1e-6));
  return norm;
}

void Optimizer::step(double learning_rate) {
  torch::NoGradGuard no_grad;
  // Tensors of one rate and decay go through one call of the fused kernel.
  struct Group {
    std::vector<Tensor> tensors, gradients, first, second, steps;
  };
  std::map<std::pair<double, double>, Group> groups;
  for (const auto& one : tensors_) {
    const Tensor& gradient = one.tensor.grad();
    if (!gradient.defined()) continue;
    Slots& slots = slots_[one.name];
    if (!slots.first.defined()) {
      slots.first = torch::zeros_like(one.tensor);
      if (adamw_) slots.second = torch::zeros_like(one.tensor);
      slots.steps = torch::zeros({}, one.tensor.options().dtype(torch::kFloat));
    }
    slots.steps.add_(1);
    Group& group = groups[{learning_rate * one.rate_factor, one.decays ? weight_decay_ : 0.0}];
    group.tensors.push_back(one.tensor.detach());
    group.gradients.push_back(gradient);
    group.first.push_back(slots.first);
    group.second.push_back(slots.second);
    group.steps.push_back(slots.steps);
  }
  for (auto& [key, group] : groups) {
    const auto& [rate, decay] = key;
    if (adamw_) {
      at::_fused_adamw_(group.tensors, group.gradients, group.first, group.second, {}, group.steps, rate, beta1_,
                        beta2_, decay, epsilon_, false, false);
    } else {
      // First steps differ (the buffer starts as the gradient): one call for each kind.
      for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        const bool first_step = group.steps[i].item<float>() == 1;
        std::vector<Tensor> buffers;  // none where nothing is kept
        if (momentum_ > 0) buffers.push_back(group.first[i]);
        at::_fused_sgd_({group.tensors[i]}, {group.gradients[i]}, buffers, decay, momentum_, rate, 0.0, false, false,
                        first_step);
      }
    }
    // The fused kernels leave the versions alone, from which layers know that what they derived is out of date.
    for (const auto& tensor : group.tensors) tensor.unsafeGetTensorImpl()->bump_version();
  }
  clear_gradients();
}

void Optimizer::clear_gradients() {
  for (auto& one : tensors_) one.tensor.mutable_grad().reset();
}

void Optimizer::drop_state(const std::string& block) {
  for (const auto& one : tensors_) {
    if (one.block == block) slots_.erase(one.name);
  }
}

std::int64_t Optimizer::state_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : state()) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> all;
  for (const auto& [name, slots] : slots_) {
    all[name + "/first"] = slots.first;
    if (slots.second.defined()) all[name + "/second"] = slots.second;
    all[name + "/steps"] = slots.steps;
  }
  return all;
}

void Optimizer::restore(const std::map<std::string, Tensor>& state) {
  slots_.clear();
  for (const auto& [key, tensor] : state) {
    const auto slash = key.rfind('/');
    const auto name = key.substr(0, slash);
    const auto own = std::ranges::find(tensors_, name, &TrainedTensor::name);
    if (own == tensors_.end()) continue;
    Slots& slots = slots_[name];
    const auto slot = key.substr(slash + 1);
    (slot == "first" ? slots.first : slot == "second" ? slots.second : slots.steps) =
        copied_to(tensor, own->tensor.device());
  }
}

}  // namespace strop
