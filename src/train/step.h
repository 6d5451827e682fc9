// One micro-batch: forward from the source's cut, loss, backward down to the lowest block that is due.
#pragma once

#include <torch/types.h>

#include <span>
#include <vector>

#include "models/model.h"
#include "nn/pass.h"

namespace strop {

struct LossSettings {
  double label_smoothing = 0;
  std::vector<double> class_weights;  // factor by class; empty: 1
  // > 0: samples are mixed in pairs, see mix.h.
  double mixup_alpha = 0;
  double rdrop_alpha = 0;  // > 0: two passes with different dropout and a symmetric KL term (2106.14448)
  double cutmix_alpha = 0;
  // > 0 and `before`: a detector's answers of old classes are held to those of the same network as it was, which sees
  // the same inputs in this precision, by this factor on Detector::distillations.
  double distill = 0;
  const Model* before = nullptr;
  torch::ScalarType before_precision = torch::kFloat;
};

struct MicroBatch {
  State state;  // reads of block `first`
  std::size_t first = 0;
  std::vector<std::int32_t> labels;
  std::vector<float> weights;  // factor on each sample's loss; empty: 1
};

// Samples of a batch that go through the network at once: even parts of at most `micro_batch` and `micro_batch_tokens`
// (0: any).
std::int64_t part_size(std::int64_t samples, std::int64_t tokens, std::int64_t micro_batch,
                       std::int64_t micro_batch_tokens);

// A row whose label is unknown by now (-1: its picture is damaged) counts nowhere.
void add_label(MicroBatch& batch, std::int32_t label, float weight = 1);

struct StepResult {
  double loss = 0;            // sum over the samples of their weighted loss
  std::vector<float> losses;  // of each sample, unweighted, what holds old answers included, as InfoBatch scores it
  bool passes_agree = false;  // R-Drop: the two passes gave the same bits, so that nothing was gained by the second
};

// Adds the gradients of (sum of losses) / normalizer. Blocks below `lowest_due` run without a graph. `mix_key` seeds
// mixup. Returns losses that may be NaN: the caller decides.
StepResult run_step(const Model& model, MicroBatch batch, const Pass& pass, const LossSettings& settings,
                    std::size_t lowest_due, double normalizer, std::uint64_t mix_key);

// Cross entropy of each row (nats) with label smoothing; logits n x classes fp32, labels n int64.
torch::Tensor row_losses(const torch::Tensor& logits, const torch::Tensor& labels, double label_smoothing);

}  // namespace strop
