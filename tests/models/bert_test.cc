// Parity of BERT with Transformers, and what every model's row must satisfy.
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "nn/compare.h"
#include "reference.h"
#include "refusal.h"
#include "temp_folder.h"

namespace strop {
namespace {

using torch::Tensor;

Tensor logits_of(const Model& model, State state, const Pass& pass = {}) {
  model.forward(state, pass, 0, model.size());
  return state.at("logits").to(torch::kCPU);
}

TEST(Bert, LogitsEqualTransformers) {
  const auto model = tiny_bert();
  EXPECT_EQ(model->label_names, (std::vector<std::string>{"bad", "fine", "good"}));
  torch::NoGradGuard no_grad;
  expect_close(logits_of(*model, reference_inputs()), reference("logits"), 1e-5, "logits");
  expect_close(logits_of(*model, reference_inputs(13)), reference("logits"), 1e-5, "logits with rows of no sequence");
}

TEST(Bert, LogitsInBf16AreNear) {
  Pass pass;
  pass.precision = torch::kBFloat16;
  torch::NoGradGuard no_grad;
  expect_close(logits_of(*tiny_bert(), reference_inputs(), pass), reference("logits"), 5e-2, "logits");
}

TEST(Bert, GradientsEqualTransformers) {
  const auto model = tiny_bert();
  for (const auto& [name, layer] : model->layers()) {
    if (layer->kind() == LayerKind::slot) continue;
    layer->weight = layer->weight.clone().requires_grad_();
    if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
  }
  Pass pass;
  pass.training = true;  // the rates of this model are 0
  at::cross_entropy_loss(logits_of(*model, reference_inputs(5), pass), reference("labels")).backward();
  for (const auto& [name, tensor] : model->tensors()) {
    const auto expected = reference("grad/" + name);
    ASSERT_TRUE(tensor.grad().defined()) << name;
    // Relative to the tensor's own gradient; the key's bias has none but rounding (softmax ignores it).
    const double scale = std::max(1e-3, expected.abs().max().item<double>());
    EXPECT_LT((tensor.grad().to(torch::kCPU) - expected).abs().max().item<double>() / scale, 1e-4) << name;
  }
}

// A file of BertModel.save_pretrained: no "bert.", no classifier. TensorFlow-era files: gamma and beta.
TEST(Bert, OtherSpellingsOfNames) {
  const TempFolder folder;
  const auto source = std::make_shared<const WeightFiles>(bert_tiny());
  std::map<std::string, TensorView> views;
  for (const auto& [stored, view] : source->tensors()) {
    if (!stored.starts_with("bert.")) continue;
    std::string name = stored.substr(5);
    for (const auto& [ours, old] :
         {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
      if (name.ends_with(ours)) name.replace(name.size() - std::string(ours).size(), std::string::npos, old);
    }
    views[name] = view;
  }
  write_safetensors(folder.path() / "model.safetensors", views);
  std::filesystem::copy(bert_tiny() / "config.json", folder.path() / "config.json");
  const auto opened = open_model(folder.path(), {});
  EXPECT_EQ(opened.made, std::vector<std::string>{"classifier"});
  const auto whole = tiny_bert();
  for (const auto& [name, tensor] : whole->tensors()) {
    if (!name.starts_with("bert.")) continue;
    EXPECT_TRUE(same_bits(tensor, opened.model->tensors().at(name))) << name;
  }
}

TEST(Bert, MeanAndClsPooling) {
  torch::NoGradGuard no_grad;
  for (const std::string pooling : {"mean", "cls"}) {
    const auto model = tiny_bert(pooling);
    EXPECT_EQ(model->find_layer("bert.pooler.dense"), nullptr);
    State state = reference_inputs(3);
    model->forward(state, {}, 0, model->size());
    expect_close(state.at("pooled"), reference(pooling + "_pooled"), 1e-5, pooling);
    const auto* head = model->find_layer("classifier");
    const Tensor pooled = reference(pooling + "_pooled").to(head->weight.device());
    expect_close(state.at("logits"), at::linear(pooled, head->weight, head->bias), 1e-5,
                 pooling);
  }
}

// What live_at names is all that the rest of the row reads.
TEST(Bert, CutAtEveryBlockEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  for (const std::string pooling : {"pooler", "mean", "cls"}) {
    const auto model = tiny_bert(pooling);
    const Tensor whole = logits_of(*model, reference_inputs());
    for (std::size_t cut = 0; cut <= model->size(); ++cut) {
      State front = reference_inputs();
      model->forward(front, {}, 0, cut);
      State back;
      for (const auto& port : model->live_at(cut)) back.set(port.name, front.at(port.name).clone());
      if (cut == model->size()) continue;
      model->forward(back, {}, cut, model->size());
      EXPECT_TRUE(same_bits(back.at("logits"), whole)) << pooling << " cut before " << model->block(cut).name();
    }
  }
}

TEST(Bert, DropoutActsInTrainingAlone) {
  const auto model = tiny_bert();
  torch::NoGradGuard no_grad;
  Pass pass;
  pass.dropout = 0.1;
  const Tensor plain = logits_of(*model, reference_inputs());
  EXPECT_TRUE(same_bits(logits_of(*model, reference_inputs(), pass), plain));
  pass.training = true;
  const Tensor dropped = logits_of(*model, reference_inputs(), pass);
  EXPECT_FALSE(same_bits(dropped, plain));
  EXPECT_TRUE(same_bits(logits_of(*model, reference_inputs(), pass), dropped));
  pass.dropout_key = 1;
  EXPECT_FALSE(same_bits(logits_of(*model, reference_inputs(), pass), dropped));
}

TEST(Bert, HeadForOtherClassesIsMadeAnew) {
  ModelOptions options;
  options.label_names = {"a", "b"};
  const auto opened = open_model(bert_tiny(), options);
  EXPECT_EQ(opened.made, std::vector<std::string>{"classifier"});
  EXPECT_EQ(opened.model->find_layer("classifier")->weight.sizes(), (std::vector<std::int64_t>{2, 32}));
  EXPECT_TRUE(at::equal(opened.model->find_layer("classifier")->weight,
                        open_model(bert_tiny(), options).model->find_layer("classifier")->weight));
  options.seed = 1;
  EXPECT_FALSE(at::equal(opened.model->find_layer("classifier")->weight,
                         open_model(bert_tiny(), options).model->find_layer("classifier")->weight));
}

TEST(Bert, ConfigsThatDoNotFitAreRefused) {
  const TempFolder folder;
  std::filesystem::copy(bert_tiny() / "model.safetensors", folder.path() / "model.safetensors");
  const auto good = read_config(bert_tiny());
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto config = good;
    config[key] = value;
    return refusal(folder.path(), config);
  };
  expect_contains(with("hidden_size", 40), "has shape [200, 32]; the model asks for [200, 40]");
  expect_contains(with("hidden_size", 30), "hidden_size 30 is not a multiple of num_attention_heads 4");
  expect_contains(with("num_hidden_layers", 4), "no tensor 'bert.encoder.layer.3.attention.self.query.weight'");
  expect_contains(with("num_attention_heads", 0), "num_attention_heads is 0; expected a whole number of 1 or more");
  expect_contains(with("hidden_act", "relu"), "hidden_act is \"relu\"; supported for BERT: \"gelu\"");
  expect_contains(with("layer_norm_eps", "small"), "layer_norm_eps is \"small\"; expected a number of 0 or more");
  expect_contains(with("model_type", "gpt2"), "model_type 'gpt2' is not supported; supported: bert");
  auto without = good;
  without.erase("vocab_size");
  expect_contains(refusal(folder.path(), without), "no key 'vocab_size'");
}

}  // namespace
}  // namespace strop
