// Methods that train single tensors of layers: those open, no other gets a gradient, and the frozen proof covers the
// rest.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>

#include "core/error.h"
#include "models/reference.h"
#include "nn/compare.h"
#include "tuning/apply.h"
#include "tuning/method.h"

namespace strop {
namespace {

std::vector<TrainedTensor> opened(Model& model, const std::string& method, Options options = {}) {
  options.method = method;
  const auto stages = find_method(method).stages(model_facts(model, 8, false), options);
  check_stage(model, stages.at(0), options);
  return apply_stage(model, stages.at(0), options);
}

// Names that train below the head, sorted as the row has them.
std::set<std::string> below_head(const Model& model, const std::vector<TrainedTensor>& trained) {
  std::set<std::string> names;
  for (const auto& one : trained) {
    if (model.index_of(one.block) < model.head_begin()) names.insert(one.name);
  }
  return names;
}

TEST(Bitfit, OpensEveryBiasAndNoWeight) {
  const auto model = tiny_bert();
  const auto names = below_head(*model, opened(*model, "bitfit"));
  EXPECT_EQ(names.size(), 3U * 8) << "eight layers with a bias in each of three blocks";
  for (const auto& name : names) EXPECT_TRUE(name.ends_with(".bias")) << name;
}

TEST(Norm, OpensFactorAndShiftOfNorms) {
  const auto model = tiny_bert();
  const auto names = below_head(*model, opened(*model, "norm"));
  EXPECT_EQ(names.size(), 3U * 4);
  for (const auto& name : names) EXPECT_NE(name.find("LayerNorm."), std::string::npos) << name;
}

TEST(Parts, GradientsAreThoseOfFullTuning) {
  const auto gradients = [](const std::string& method) {
    const auto model = tiny_bert();
    const auto trained = opened(*model, method);
    State state = reference_inputs();
    model->forward(state, Pass{}, 0, model->size());
    state.at("logits").square().sum().backward();
    std::map<std::string, torch::Tensor> found;
    for (const auto& one : trained) found[one.name] = one.tensor.grad();
    for (const auto& [name, tensor] : model->tensors())
      EXPECT_EQ(tensor.grad().defined(), found.count(name) != 0) << name;
    return found;
  };
  const auto full = gradients("full");
  for (const auto* method : {"bitfit", "norm"}) {
    for (const auto& [name, gradient] : gradients(method)) {
      const auto& expected = full.at(name);
      // Keys' biases move no softmax: their gradient is rounding.
      if (name.ends_with("key.bias")) continue;
      expect_close(gradient, expected, 1e-4, name);
    }
  }
}

TEST(Parts, FrozenProofCoversTheRestOfTheBlock) {
  const auto model = tiny_bert();
  opened(*model, "bitfit");
  const auto open = open_tensors(*model);
  const auto before = frozen_hashes(*model, open);
  ASSERT_EQ(before.count("encoder.layer.1"), 1U);
  torch::NoGradGuard no_grad;
  auto& layer = *model->find_layer("bert.encoder.layer.1.output.dense");
  layer.bias.add_(1);
  EXPECT_EQ(frozen_hashes(*model, open), before);
  layer.weight = layer.weight + 1;
  EXPECT_NE(frozen_hashes(*model, open).at("encoder.layer.1"), before.at("encoder.layer.1"));
}

TEST(Parts, ThatABlockLacksAreRefused) {
  const auto model = tiny_bert();
  Stage stage;
  stage.method = "norm";
  stage.cut = "encoder.layer.0";
  stage.blocks = {"encoder.layer.0", "pooler", "classifier"};
  EXPECT_NO_THROW(check_stage(*model, stage, {}));
  stage.lr_scale["encoder.layer.1"] = 0.5;
  EXPECT_THROW(check_stage(*model, stage, {}), Error) << "a rate for a block that does not train";
  stage.lr_scale.clear();
  stage.cut = "encoder.layer.1";
  EXPECT_THROW(check_stage(*model, stage, {}), Error) << "a block below the cut";
  stage.cut = "encoder.layer.0";
  EXPECT_TRUE(open_tensors(*model).empty()) << "a check leaves the model as it was";
  model->set_head_begin(model->size() - 1);  // the pooler, without a norm, is now below the head
  stage.blocks = {"pooler", "classifier"};
  stage.cut = "pooler";
  for (const auto& attempt : std::vector<std::function<void()>>{[&] { check_stage(*model, stage, {}); },
                                                                [&] { apply_stage(*model, stage, {}); }}) {
    try {
      attempt();
      ADD_FAILURE() << "nothing is refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      expect_contains(error.what(),
                      "method norm: blocks pooler, classifier of this bert model hold nothing that it trains");
    }
  }
}

}  // namespace
}  // namespace strop
