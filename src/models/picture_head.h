// The last block of convolutional networks: dropout and one linear layer, pooled -> logits in fp32.
#pragma once

#include "nn/block.h"
#include "nn/linear.h"

namespace strop {

class PictureHead : public Block {
 public:
  // `layer_name` is the layer's name on disk; the block is called "classifier".
  PictureHead(const std::string& layer_name, std::int64_t width, std::int64_t labels, double dropout,
              std::int64_t index);
  std::vector<std::string> reads() const override { return {"pooled"}; }
  std::vector<Port> writes() const override { return {{"logits", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return static_cast<double>(dense_.in() * dense_.out()); }

 private:
  double dropout_;
  Linear dense_;
};

}  // namespace strop
