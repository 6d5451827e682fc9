// tests/data/bert_tiny: a tiny BERT and what Transformers computes from it (tools/make_bert_reference.py).
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "models/family.h"
#include "nn/device.h"
#include "nn/state.h"
#include "test_device.h"

namespace strop {

inline std::filesystem::path bert_tiny() {
  return std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "bert_tiny";
}

// A tensor of reference.safetensors, in its own type (floats and int64).
inline torch::Tensor reference(const std::string& name) {
  static const auto files = std::make_shared<const WeightFiles>(bert_tiny() / "reference.safetensors");
  const auto& view = files->tensors().at(name);
  const auto tensor = to_tensor(view, files).clone();
  return view.dtype == "I64" ? tensor.to(torch::kLong) : tensor;
}

// The packed inputs of the reference; `extra_rows` behind the last sequence belong to none (nn/state.h).
inline State reference_inputs(std::int64_t extra_rows = 0) {
  const auto bounds = reference("cu_seqlens");
  const auto extra = torch::zeros({extra_rows}, torch::kLong);
  std::vector<torch::Tensor> positions;
  for (std::int64_t i = 0; i + 1 < bounds.numel(); ++i) {
    positions.push_back(torch::arange(bounds[i + 1].item<std::int64_t>() - bounds[i].item<std::int64_t>()));
  }
  positions.push_back(extra);
  State state;
  state.set("input_ids", at::cat({reference("input_ids"), extra}));
  state.set("token_type_ids", at::cat({reference("type_ids"), extra}));
  state.set("position_ids", at::cat(positions));
  state.set("cu_seqlens", bounds);
  return state;
}

inline std::unique_ptr<Model> tiny_bert(const std::string& pooling = "pooler") {
  ModelOptions options;
  options.pooling = pooling;
  auto model = open_model(bert_tiny(), options).model;
  model->to(find_device(test_device()));
  return model;
}

}  // namespace strop
