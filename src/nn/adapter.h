// What a tuning method may put into a layer's slot.
//
// libtorch's modules have no hooks and replace_module leaves forward on the old layer, so adapters are not injected
// from outside: a layer owns its frozen weight and asks its adapter, if any, for the rest.
#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "nn/pass.h"

namespace strop {

class Layer;

// A plain low-rank sum y += scale * B (A x): the layer fuses it into its own product.
struct LowRank {
  torch::Tensor a;  // rank x in
  torch::Tensor b;  // out x rank
  double scale = 1;
};

class Adapter {
 public:
  virtual ~Adapter() = default;

  // The low-rank form where the adapter is nothing but that in this pass; then input() and output() are not called.
  virtual std::optional<LowRank> low_rank(const Pass&) const { return std::nullopt; }
  // True where merge() says all that the adapter does in this pass: convolutions and batch norms, whose weights are
  // small beside what flows through them, then compute with the merged weight and call neither input() nor output().
  virtual bool merges(const Pass& pass) const { return low_rank(pass).has_value(); }
  // True where input() changes x, so that the layer's product cannot be shared with its siblings'.
  virtual bool changes_input() const { return false; }
  virtual torch::Tensor input(const torch::Tensor& x) const { return x; }
  // y = the layer's own result (bias included) for x; returns the adapted result.
  virtual torch::Tensor output(const torch::Tensor& x, const torch::Tensor& y, const Layer& layer,
                               const Pass& pass) const = 0;

  // Weight and bias of a plain layer that computes the same (fp32), in the graph where one is made. bias stays
  // undefined where the layer has none.
  virtual void merge(const Layer& layer, torch::Tensor& weight, torch::Tensor& bias) const = 0;
  // The trained tensors under PEFT's on-disk names relative to the layer ("lora_A.weight").
  virtual std::map<std::string, torch::Tensor*> tensors() = 0;
  // One of them, called `name`, as the file holds it.
  virtual torch::Tensor in_file(const std::string& /*name*/, const torch::Tensor& tensor) const { return tensor; }
  // Factor on the learning rate of one of them.
  virtual double rate_factor(const std::string&) const { return 1; }
};

}  // namespace strop
