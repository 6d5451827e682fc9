// A folder of tests/data with a tiny model of pictures and what its own library computes from it, and the checks that
// every family passes.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "models/family.h"
#include "nn/compare.h"
#include "nn/device.h"
#include "test_device.h"

namespace strop {

class ReferenceCase {
 public:
  // `name` below tests/data, with reference.safetensors in it: pixels, labels, logits, grad/<tensor on disk> (every
  // fourth number of the gradient of the mean cross entropy).
  explicit ReferenceCase(const std::string& name)
      : folder_(std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / name),
        files_(std::make_shared<const WeightFiles>(folder_ / "reference.safetensors")) {}

  const std::filesystem::path& folder() const { return folder_; }
  bool has(const std::string& name) const { return files_->tensors().count(name) != 0; }
  torch::Tensor tensor(const std::string& name) const {
    const auto& view = files_->tensors().at(name);
    const auto tensor = to_tensor(view, files_).clone();
    return view.dtype == "I64" ? tensor.to(torch::kLong) : tensor;
  }
  std::unique_ptr<Model> model() const {
    auto model = open_model(folder_, {}).model;
    model->to(find_device(test_device()));
    return model;
  }
  State pixels(const std::string& name = "pixels") const {
    State state;
    state.set("pixels", tensor(name).contiguous(at::MemoryFormat::ChannelsLast));
    return state;
  }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<const WeightFiles> files_;
};

inline torch::Tensor logits_of(const Model& model, State state, const Pass& pass = {}) {
  model.forward(state, pass, 0, model.size());
  return state.at("logits").to(torch::kCPU);
}

// The gradient of every tensor of the file, each within `limit` of its own largest entry.
inline void expect_gradients(const ReferenceCase& one, double limit) {
  const auto model = one.model();
  for (const auto& [name, layer] : model->layers()) {
    if (layer->kind() == LayerKind::slot) continue;
    layer->weight = layer->weight.clone().requires_grad_();
    if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
  }
  at::cross_entropy_loss(logits_of(*model, one.pixels()), one.tensor("labels")).backward();
  std::size_t compared = 0;
  for (const auto& [name, tensor] : model->tensors()) {
    if (!one.has("grad/" + name)) continue;
    const auto expected = one.tensor("grad/" + name);
    ASSERT_TRUE(tensor.grad().defined()) << name;
    const auto found = tensor.grad().to(torch::kCPU).flatten().slice(0, 0, std::nullopt, 4);
    // The keys' bias has no gradient but rounding: softmax ignores it.
    const double scale = std::max(1e-3, expected.abs().max().item<double>());
    EXPECT_LT((found - expected).abs().max().item<double>() / scale, limit) << name;
    ++compared;
  }
  EXPECT_GT(compared, 10U);
}

// What live_at names is all that the rest of the row reads.
inline void expect_cut_equals_whole(const ReferenceCase& one) {
  torch::NoGradGuard no_grad;
  const auto model = one.model();
  const auto whole = logits_of(*model, one.pixels());
  for (std::size_t cut = 0; cut < model->size(); ++cut) {
    State front = one.pixels();
    model->forward(front, {}, 0, cut);
    State back;
    for (const auto& port : model->live_at(cut)) back.set(port.name, front.at(port.name).clone());
    model->forward(back, {}, cut, model->size());
    EXPECT_TRUE(same_bits(back.at("logits").to(torch::kCPU), whole)) << "cut before " << model->block(cut).name();
  }
}

}  // namespace strop
