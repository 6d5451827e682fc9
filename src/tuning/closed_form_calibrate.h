// How good left-out logits are, and the temperature that makes their softmax sensible.
#pragma once

#include <torch/types.h>

namespace strop {

struct Calibration {
  double temperature = 1;
  double loss = 0;      // weighted mean cross entropy of softmax(logits / temperature), nats
  double accuracy = 0;  // weighted share of rows whose highest logit (the first of equals) is their label
};

// Minimises the loss over 1/temperature, in which it is convex, by Newton's method held inside a bracket; the
// temperature stays within 1e-4 to 1e4 of the logits' spread, where it would go to an end (all right, or no better than
// chance). Logits N x C float64, labels N int64, weights N float64. Cost: about ten softmaxes.
Calibration calibrate(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& weights);

}  // namespace strop
