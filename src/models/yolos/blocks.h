// The blocks of YOLOS behind the layers of a vision transformer (models/vit/blocks.h). State: hidden -> queries
// (sample: N x Q x width, the detection tokens, normalised) -> outputs.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "models/vit/blocks.h"

namespace strop::yolos {

// The block of the file's own head. Increments are called by their number (models/detector.h).
inline constexpr const char* kHead = "heads";
// Behind "" or "increments.<number>.": the last layer of the classes, one row a class and one of "nothing".
inline constexpr const char* kClassLayer = "class_labels_classifier.layers.2";

// The last norm, of the detection tokens alone.
class Queries : public Block {
 public:
  Queries(const vit::Dims& dims, const vit::Names& names, std::int64_t index);
  std::vector<std::string> reads() const override { return {"hidden"}; }
  std::vector<Port> writes() const override { return {{"queries", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return 0; }

 private:
  LayerNorm norm_;
};

// What is predicted of one group of classes: N x Q x (4 + classes + 1) in fp32, the box (middle x, y, width, height in
// shares of the picture) and the logits of the classes and of "nothing". Two perceptrons of three layers.
class Heads : public Block {
 public:
  Heads(const vit::Dims& dims, const std::string& name, std::string output, std::int64_t classes, std::int64_t index);
  // The sides are for who reads the outputs: boxes in pixels, and the losses.
  std::vector<std::string> reads() const override { return {"queries", vit::kSides}; }
  std::vector<Port> writes() const override { return {{output_, Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  using Perceptron = std::array<std::unique_ptr<Linear>, 3>;
  Perceptron perceptron(const std::string& name, std::int64_t width, std::int64_t out);

  std::string output_;
  double queries_;
  Perceptron classes_, boxes_;
};

}  // namespace strop::yolos
