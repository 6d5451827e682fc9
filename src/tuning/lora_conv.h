// LoRA and DoRA of a convolution: A is a convolution to `rank` channels with the layer's kernel, stride, padding and
// groups (rank x in/groups x k x k), B one of 1 x 1 in as many groups (out x rank/groups x 1 x 1); a grouped layer asks
// for a rank that its groups divide. Together they are a convolution like the layer itself, W + s B A group by group,
// and so the layer computes with that sum (Adapter::merges) unless dropout stands before A. DoRA: the norm of each
// filter of the sum becomes a trained length (1 x out x 1 x 1).
//
// PEFT's Conv2d is the same but for grouped layers, where its A has no groups (rank x in x k x k) and can't be merged:
// files hold our A with zeros between the groups, and one that mixes the groups is refused.
#pragma once

#include "nn/conv.h"
#include "tuning/lora_adapter.h"

namespace strop {

class LoraConvAdapter : public Adapter {
 public:
  // fp32, of the shapes above; an undefined magnitude is LoRA. The layer outlives the adapter.
  LoraConvAdapter(const Conv2d& layer, torch::Tensor a, torch::Tensor b, torch::Tensor magnitude,
                  LoraSettings settings);

  bool merges(const Pass& pass) const override { return !(pass.training && settings_.dropout > 0); }
  torch::Tensor output(const torch::Tensor& x, const torch::Tensor& y, const Layer& layer,
                       const Pass& pass) const override;
  void merge(const Layer& layer, torch::Tensor& weight, torch::Tensor& bias) const override;
  std::map<std::string, torch::Tensor*> tensors() override;
  torch::Tensor in_file(const std::string& name, const torch::Tensor& tensor) const override;
  double rate_factor(const std::string& tensor) const override;

 private:
  // s B A, of the layer's shape.
  torch::Tensor product() const;
  // DoRA's factor on each filter of W + s B A, the filters' norms as constants (its section 4.3).
  torch::Tensor factor(const Layer& layer) const;

  ConvShape shape_;
  torch::Tensor a_, b_, magnitude_;
  LoraSettings settings_;
};

// A as a file has it, without the zeros between groups; undefined where they are none. a: rank x in x k x k.
torch::Tensor without_zeros(const ConvShape& shape, const torch::Tensor& a);

}  // namespace strop
