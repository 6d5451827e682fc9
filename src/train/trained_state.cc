#include "train/trained_state.h"

#include <torch/types.h>

#include "core/error.h"
#include "nn/device.h"

namespace strop {

std::map<std::string, torch::Tensor> copy_tensors(const Model& model, const std::set<std::string>& stored) {
  std::map<std::string, torch::Tensor> copies;
  for (const auto& [name, layer] : model.layers()) {
    if (layer->adapter) {
      for (const auto& [key, tensor] : layer->adapter->tensors()) copies[name + "." + key] = tensor->detach().clone();
    }
    for (const auto& one : layer->stored()) {
      if (stored.count(name + one.suffix) != 0) copies[name + one.suffix] = one.tensor->detach().clone();
    }
  }
  return copies;
}

void refuse_bad_weights(const Model& model) {
  for (const auto& [name, tensor] : model.tensors()) {
    if (tensor.defined() && !tensor.isfinite().all().item<bool>()) {
      fail(ErrorKind::model,
           "the model's tensor '{}' holds numbers that are not finite (NaN or infinity), so nothing can "
           "be learnt from it; take another copy of the weights",
           name);
    }
  }
}

void write_tensors(Model& model, const std::map<std::string, torch::Tensor>& tensors) {
  torch::NoGradGuard no_grad;
  const auto write = [&](const std::string& name, torch::Tensor& target) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return;
    // A frozen tensor may be the mapped file: it is replaced, a trained one keeps its place in the optimizer.
    if (target.requires_grad()) target.copy_(found->second);
    else target = copied_to(found->second, target.device());
  };
  for (const auto& [name, layer] : model.layers()) {
    for (const auto& one : layer->stored()) write(name + one.suffix, *one.tensor);
    if (!layer->adapter) continue;
    for (const auto& [key, tensor] : layer->adapter->tensors()) write(name + "." + key, *tensor);
  }
}

}  // namespace strop
