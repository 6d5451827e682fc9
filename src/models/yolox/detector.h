// YOLOX as a detector: raw numbers of anchors to boxes, and its losses.
//
// score = sigmoid(objectness) * sigmoid(class). Loss of a batch: (5 * (1 - IoU^2) + class cross entropy, over the
// anchors that SimOTA gives a box, plus objectness cross entropy over all anchors) / number of those anchors; the class
// that is learnt is the IoU, not 1. losses() gives sample i the share i of that sum times the number of samples, so
// that the mean over the samples is the loss of the batch. The L1 term that upstream adds for its last 15 epochs is
// left out: it is meant for a network that begins anew and trains for hundreds.
//
// Held to answers from before (detector_parts/distillation.h): objectness and classes by their divergence, plus 5 *
// score * box_distances of the four raw numbers of the box.
#pragma once

#include "models/detector_parts/grouped_detector.h"
#include "models/detector_parts/sim_ota.h"

namespace strop {

class YoloxDetector : public GroupedDetector {
 public:
  using GroupedDetector::GroupedDetector;
  std::vector<std::string> class_layers(std::size_t group) const override;
  std::int64_t stride() const override { return 32; }

 protected:
  std::vector<FoundBox> found(const torch::Tensor& raw, const State& state,
                              const DecodeSettings& settings) const override;
  torch::Tensor group_losses(const torch::Tensor& outputs, const State& state,
                             const std::vector<GroupBox>& boxes) const override;
  torch::Tensor group_distillations(const torch::Tensor& outputs, const torch::Tensor& before) const override;
  onnx::Decoded exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                         std::int64_t classes) const override;
};

// The anchors of a square input at strides 8, 16, 32, in the order of the outputs, by their number.
std::vector<Anchor> square_anchors(std::int64_t count);

}  // namespace strop
