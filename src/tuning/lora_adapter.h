// The adapter of one layer: see lora.h for the formulas.
#pragma once

#include "nn/adapter.h"

namespace strop {

struct LoraSettings {
  double scale = 1;           // alpha / r or alpha / sqrt(r)
  double dropout = 0;         // on the input of the low-rank path
  double b_rate_factor = 1;   // LoRA+
  std::uint64_t mask_id = 0;  // keeps the dropout masks of a model's adapters apart
};

class LoraAdapter : public Adapter {
 public:
  // a: rank x in, b: out x rank (fp32). An undefined magnitude is LoRA; one of `out` entries is DoRA.
  LoraAdapter(torch::Tensor a, torch::Tensor b, torch::Tensor magnitude, LoraSettings settings);

  std::optional<LowRank> low_rank(const Pass& pass) const override;
  torch::Tensor output(const torch::Tensor& x, const torch::Tensor& y, const Layer& layer,
                       const Pass& pass) const override;
  void merge(const Layer& layer, torch::Tensor& weight, torch::Tensor& bias) const override;
  std::map<std::string, torch::Tensor*> tensors() override;
  double rate_factor(const std::string& tensor) const override;

 private:
  torch::Tensor merged_weight(const Layer& layer) const;

  torch::Tensor a_, b_, magnitude_;
  LoraSettings settings_;
};

}  // namespace strop
