// AdamW (Loshchilov and Hutter 2019) and SGD with momentum over named tensors, by libtorch's fused kernels.
//
// Every tensor counts its own steps, so Adam's bias correction is right for blocks that are updated less often; state
// is made when a tensor first gets a gradient and can be dropped (block cycles).
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "strop/options.h"
#include "tuning/apply.h"

namespace strop {

class Optimizer {
 public:
  Optimizer(const Options& options, std::vector<TrainedTensor> tensors);

  // Scales gradients of the tensors so that their joint norm is at most max_norm (0: leaves them) and returns the norm.
  double clip(double max_norm);
  // One update of every tensor that has a gradient, at rate learning_rate * its factor; gradients are cleared.
  void step(double learning_rate);
  void clear_gradients();

  const std::vector<TrainedTensor>& tensors() const { return tensors_; }
  // Forgets the state of a block's tensors: their next step is a first step.
  void drop_state(const std::string& block);
  std::int64_t state_bytes() const;

  // Everything that the next step depends on, by "<tensor name>/<slot>".
  std::map<std::string, torch::Tensor> state() const;
  void restore(const std::map<std::string, torch::Tensor>& state);

 private:
  struct Slots {
    torch::Tensor first, second, steps;  // sgd uses first alone
  };
  bool adamw_;
  double beta1_, beta2_, epsilon_, weight_decay_, momentum_;
  std::vector<TrainedTensor> tensors_;
  std::map<std::string, Slots> slots_;
};

}  // namespace strop
