// FastestDet as a detector: raw numbers of places to boxes, and its losses.
//
// A place (x, y) of the W x H output answers for a box whose middle is (tanh(r0) + x, tanh(r1) + y) places and whose
// sides are sigmoid(r2) W and sigmoid(r3) H of them; score = sigmoid(objectness)^0.6 * softmax(classes)^0.4.
//
// Loss of a batch, as upstream's: each true box is wanted of the four places around its middle (but those of the first
// row and column), and of all these of the batch the ones with an SIoU (arXiv 2205.12740) above their mean learn it: 8
// * mean(1 - SIoU) + mean(-log p(class)), plus 16 * mean over all places of smooth L1(objectness, SIoU or 0), weighted
// by 0.75 where nothing is and 0.25 * places / places that learn in that picture where something is. losses() gives
// sample i its places' part of the first two means times the number of samples, and its own mean of the third, so that
// the mean over the samples is the loss of the batch. Where upstream divides by nothing (no place above the mean, since
// one alone is its own mean) the first two are 0.
//
// Held to answers from before (detector_parts/distillation.h): objectness and classes by their divergence, plus 8 *
// score * box_distances of the four raw numbers of the box.
#pragma once

#include "models/detector_parts/grouped_detector.h"
#include "models/fastestdet/row.h"

namespace strop {

class FastestDetector : public GroupedDetector {
 public:
  using GroupedDetector::GroupedDetector;
  std::vector<std::string> class_layers(std::size_t group) const override;
  std::int64_t stride() const override { return fastestdet::kStride; }

 protected:
  std::vector<FoundBox> found(const torch::Tensor& raw, const State& state,
                              const DecodeSettings& settings) const override;
  torch::Tensor group_losses(const torch::Tensor& outputs, const State& state,
                             const std::vector<GroupBox>& boxes) const override;
  torch::Tensor group_distillations(const torch::Tensor& outputs, const torch::Tensor& before) const override;
  onnx::Decoded exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                         std::int64_t classes) const override;
};

// Of each of the rows of two tensors of boxes (middle x, y, width, height): overlap less half of what angle, distance
// and shape cost. In the graph of the first.
torch::Tensor scylla_iou(const torch::Tensor& found, const torch::Tensor& wanted);

}  // namespace strop
