// YOLOS as a detector: the numbers of its queries to boxes, and its losses.
//
// score = softmax over the classes of the group and "nothing". Loss of a batch: class_loss + box_loss * L1 + giou_loss
// * (1 - GIoU) as models/detector_parts/set_loss.h says, of each group by itself: what another group knows is "nothing"
// to it. losses() gives sample i its part times the number of samples, so that the mean over the samples is the loss of
// the batch. The losses of inner layers ("auxiliary_loss") are not computed.
//
// Held to answers from before (detector_parts/distillation.h), query by query: classes and "nothing" by their
// divergence, plus box_loss * score * box_distances of the four numbers of the box.
#pragma once

#include "models/detector_parts/grouped_detector.h"
#include "models/detector_parts/set_loss.h"
#include "models/yolos/blocks.h"

namespace strop {

class YolosDetector : public GroupedDetector {
 public:
  // patch: the side of one, in pixels. queries: of a picture.
  YolosDetector(std::vector<std::vector<std::int32_t>> groups, const SetWeights& weights, std::int64_t patch,
                std::int64_t queries)
      : GroupedDetector(std::move(groups)), weights_(weights), patch_(patch), queries_(queries) {}
  std::vector<std::string> class_layers(std::size_t group) const override;
  std::int64_t stride() const override { return patch_; }
  const SetWeights& weights() const { return weights_; }

 protected:
  std::vector<FoundBox> found(const torch::Tensor& raw, const State& state,
                              const DecodeSettings& settings) const override;
  torch::Tensor group_losses(const torch::Tensor& outputs, const State& state,
                             const std::vector<GroupBox>& boxes) const override;
  torch::Tensor group_distillations(const torch::Tensor& outputs, const torch::Tensor& before) const override;
  onnx::Decoded exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                         std::int64_t classes) const override;

 private:
  SetWeights weights_;
  std::int64_t patch_, queries_;
};

}  // namespace strop
