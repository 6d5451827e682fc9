#include "models/yolos/blocks.h"

#include <torch/types.h>

namespace strop::yolos {

using torch::Tensor;

namespace {

// Boxes and probabilities come of the last layer: it computes in fp32.
Tensor answer(const std::array<std::unique_ptr<Linear>, 3>& layers, const Tensor& x, const Pass& pass) {
  Pass full = pass;
  full.precision = torch::kFloat;
  const Tensor inner = linear(*layers[1], linear(*layers[0], x, pass).relu(), pass).relu();
  return linear(*layers[2], inner.to(torch::kFloat), full);
}

}  // namespace

Queries::Queries(const vit::Dims& dims, const vit::Names& names, std::int64_t index)
    : Block(names.final_norm.substr(names.prefix.size()), index), norm_(dims.width, dims.eps) {
  add_layer(names.final_norm, norm_);
}

// The last layer has left the tokens that are read.
void Queries::forward(State& state, const Pass& pass) const {
  const Tensor hidden = state.at("hidden").to(pass.precision);
  const Tensor normed = residual_norm(norm_, hidden.reshape({-1, hidden.size(2)}), Tensor(), {});
  state.set("queries", normed.view(hidden.sizes()));
}

Heads::Heads(const vit::Dims& dims, const std::string& name, std::string output, std::int64_t classes,
             std::int64_t index)
    : Block(name, index), output_(std::move(output)), queries_(static_cast<double>(dims.detections)) {
  const bool increment = name != kHead;
  const std::string prefix = increment ? name + "." : "";
  boxes_ = perceptron(prefix + "bbox_predictor", dims.width, 4);
  classes_ = perceptron(prefix + "class_labels_classifier", dims.width, classes + 1);
  if (!increment) return;
  // Where things lie is much the same for new classes: an increment begins as the head but for what is said of classes.
  for (const auto& [own, layer] : layers()) layer->begins_as = own.substr(prefix.size());
  classes_.back()->begins_as = "";
}

Heads::Perceptron Heads::perceptron(const std::string& name, std::int64_t width, std::int64_t out) {
  Perceptron layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i] = std::make_unique<Linear>(width, i + 1 < layers.size() ? width : out);
    add_layer(name + ".layers." + std::to_string(i), *layers[i]);
  }
  return layers;
}

void Heads::forward(State& state, const Pass& pass) const {
  const Tensor queries = state.at("queries").to(pass.precision);
  const Tensor x = queries.reshape({-1, queries.size(2)});
  const Tensor outputs = at::cat({answer(boxes_, x, pass).sigmoid(), answer(classes_, x, pass)}, 1);
  state.set(output_, outputs.view({queries.size(0), queries.size(1), -1}));
}

double Heads::multiply_adds(double) const {
  double weights = 0;
  for (const auto* perceptron : {&boxes_, &classes_}) {
    for (const auto& layer : *perceptron) weights += static_cast<double>(layer->in() * layer->out());
  }
  return queries_ * weights;
}

}  // namespace strop::yolos
