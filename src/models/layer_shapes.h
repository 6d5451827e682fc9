// The shapes of the weights in a file, asked for by the names of layers: for recognition without config.json.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/text.h"
#include "weights/safetensors.h"

namespace strop {

class LayerShapes {
 public:
  // `prefix` stands before a task model's encoder; a file of the encoder alone leaves it out.
  LayerShapes(const WeightFiles& files, std::string prefix) : tensors_(files.tensors()), prefix_(std::move(prefix)) {}

  // Of the layer's weight; empty where there is none.
  std::vector<std::int64_t> of(const std::string& layer) const {
    auto found = tensors_.find(layer + ".weight");
    if (found == tensors_.end() && starts_with(layer, prefix_))
      found = tensors_.find(layer.substr(prefix_.size()) + ".weight");
    return found == tensors_.end() ? std::vector<std::int64_t>() : found->second.shape;
  }
  // The number of its outputs; 0 where there is none.
  std::int64_t outputs(const std::string& layer) const {
    const auto shape = of(layer);
    return shape.empty() ? 0 : shape[0];
  }
  bool has(const std::string& layer) const { return !of(layer).empty(); }

 private:
  const std::map<std::string, TensorView>& tensors_;
  std::string prefix_;
};

}  // namespace strop
