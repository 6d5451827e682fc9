// What makes a row of blocks a detector: how its outputs become boxes, and what training minimises.
//
// Boxes in the network's own frame are in pixels of its input (behind the letterbox). A detector's classes lie in
// groups: group 0 is what the file came with, each increment (classes added later, with branches of their own) is one
// more. Nothing of a group reads another's outputs, so the boxes of a group stay the same to the bit whatever is added
// beside it (same form, batch and threads).
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "image/rect.h"
#include "nn/state.h"

namespace strop {

// The name, in the state, of the true boxes: N x most x 5 fp32 (label, centre x, centre y, width, height in pixels of
// the network's input); rows of label -1 behind a sample's own boxes are none.
inline constexpr const char* kTargets = "targets";

// The name of an increment's block, and on disk of its layers, begins so, its number behind it.
inline constexpr const char* kIncrement = "increments.";

struct DecodeSettings {
  double least_score = 0.01;   // boxes below are dropped
  double nms_iou = 0.65;       // of the same class (and group), the worse of two that overlap more is dropped
  std::int64_t max_det = 100;  // of a group, best first
  // Upstream's form: one class an anchor, the best; else every class above least_score is a box of its own.
  bool best_class_only = false;
};

namespace onnx {
class Graph;
}

class Detector {
 public:
  virtual ~Detector() = default;

  // The labels of each group, as indices of the model's label_names.
  virtual std::vector<std::vector<std::int32_t>> groups() const = 0;
  // The names in the state that decode() reads, one a group: "outputs", "outputs.0" of the first increment, ...
  virtual std::vector<std::string> outputs() const = 0;
  // The layers whose outputs are the classes of a group, a row each, as they are named in files: where a head for other
  // classes starts by name. Of groups, too, that this row of blocks lacks.
  virtual std::vector<std::string> class_layers(std::size_t group) const = 0;
  // Boxes of every sample from the state behind the last block, best first within a group, groups in their order.
  virtual std::vector<std::vector<FoundBox>> decode(const State& state, const DecodeSettings& settings) const = 0;
  // The loss of each sample (N, fp32, in the graph) from the state behind the last block and kTargets in it. A group
  // whose outputs are absent or need no gradient counts nothing and costs nothing; without gradients all count.
  virtual torch::Tensor losses(const State& state) const = 0;
  // What holds the classes from before to their answers: how far the outputs of the groups but the last have moved from
  // `before`, the outputs() that the network as it was gives of the same inputs (without a graph). Of each sample (N,
  // fp32, in the graph), 0 where nothing moved. A group whose outputs are absent or need no gradient counts nothing;
  // undefined where none counts.
  virtual torch::Tensor distillations(const State& state, const State& before) const = 0;
  // decode, without a limit or suppression, as nodes of an ONNX graph for square inputs of `side`: of each output
  // "boxes" (N x boxes x 4: left, top, width, height in pixels of the input) and "scores" (N x boxes x the group's
  // classes), with what outputs() has behind "outputs" in their names.
  virtual void export_to(onnx::Graph& graph, std::int64_t side) const = 0;
  // A picture's sides must divide by this.
  virtual std::int64_t stride() const = 0;
};

}  // namespace strop
