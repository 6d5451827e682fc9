// A detector whose every group has one output in the state: what such detectors share, the loops over groups and
// samples.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/detector.h"
#include "onnx/graph.h"

namespace strop {

// A true box in pixels of the network's input.
struct GroupBox {
  std::int64_t sample = 0;
  std::int64_t label = 0;  // in its group, from 0
  float x = 0, y = 0;      // of the middle
  float width = 0, height = 0;
};

// The true boxes that belong to a group, sample by sample, from kTargets (fp32, contiguous).
std::vector<GroupBox> boxes_of_group(const torch::Tensor& targets, const std::vector<std::int32_t>& labels);

namespace onnx {
// One group's boxes and scores in a graph, as Detector::export_to has them, and how many boxes a picture has.
struct Decoded {
  Value boxes, scores;
  std::int64_t count = 0;
};
}  // namespace onnx

class GroupedDetector : public Detector {
 public:
  explicit GroupedDetector(std::vector<std::vector<std::int32_t>> groups) : groups_(std::move(groups)) {}

  std::vector<std::vector<std::int32_t>> groups() const override { return groups_; }
  std::vector<std::string> outputs() const override;
  std::vector<std::vector<FoundBox>> decode(const State& state, const DecodeSettings& settings) const override;
  torch::Tensor losses(const State& state) const override;
  torch::Tensor distillations(const State& state, const State& before) const override;
  void export_to(onnx::Graph& graph, std::int64_t side) const override;

 protected:
  // The boxes of one sample, best first, at most max_det, labels counted in the group. raw: the sample's part of the
  // group's output, fp32, contiguous. Called from several threads at once.
  virtual std::vector<FoundBox> found(const torch::Tensor& raw, const State& state,
                                      const DecodeSettings& settings) const = 0;
  // The loss of each sample (N, fp32, in the graph). outputs: the group's, fp32.
  virtual torch::Tensor group_losses(const torch::Tensor& outputs, const State& state,
                                     const std::vector<GroupBox>& boxes) const = 0;
  // How far a group's outputs have moved from those of the network as it was: of each sample (N, fp32, in the graph of
  // the first). Both fp32.
  virtual torch::Tensor group_distillations(const torch::Tensor& outputs, const torch::Tensor& before) const = 0;
  // raw: the output of a group of so many classes.
  virtual onnx::Decoded exported(onnx::Graph& graph, const onnx::Value& raw, std::int64_t side,
                                 std::int64_t classes) const = 0;

 private:
  std::vector<std::vector<std::int32_t>> groups_;
};

}  // namespace strop
