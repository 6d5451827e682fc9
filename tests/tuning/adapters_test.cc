// The adapters themselves: they start as nothing, do what their formula says, merge into the same function, and come
// back from PEFT's files as they were.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "errors.h"
#include "models/reference.h"
#include "nn/compare.h"
#include "temp_folder.h"
#include "tuning/apply.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"

namespace strop {
namespace {

using torch::Tensor;

struct Adapted {
  std::unique_ptr<Model> model = tiny_bert();
  Options options;
  std::vector<TrainedTensor> trained;

  Adapted(const std::string& method, const std::function<void(Options&)>& change) {
    options.method = method;
    change(options);
    const auto facts = model_facts(*model, 8, false);
    for (const auto& stage : find_method(method).stages(facts, options)) trained = apply_stage(*model, stage, options);
  }
  Tensor logits() const {
    torch::NoGradGuard no_grad;
    State state = reference_inputs();
    model->forward(state, Pass{}, 0, model->size());
    return state.at("logits").clone();
  }
  // Every adapter gets values of its own: a swap or a transpose can't go unseen.
  void fill() {
    torch::NoGradGuard no_grad;
    std::uint64_t seed = 1;
    for (const auto& [name, layer] : model->layers()) {
      if (!layer->adapter) continue;
      for (const auto& [key, tensor] : layer->adapter->tensors()) {
        tensor->add_(seeded(tensor->sizes().vec(), ++seed, 0.2));
      }
    }
  }
};

struct Kind {
  const char* name;
  const char* method;
  void (*change)(Options&);
};

const std::vector<Kind> kKinds = {
    {"lora", "lora", [](Options&) {}},
    {"rslora_all_linear", "lora",
     [](Options& o) {
       o.use_rslora = true;
       o.target_modules = {"all-linear"};
     }},
    {"dora", "lora", [](Options& o) { o.use_dora = true; }},
    {"patterns", "lora",
     [](Options& o) {
       o.rank_pattern = {{"layer.1.attention.self.query", "3"}};
       o.alpha_pattern = {{"value", "5"}};
     }},
    {"ia3", "ia3", [](Options&) {}},
    {"ssf", "ssf", [](Options&) {}},
    {"adaptformer", "adaptformer",
     [](Options& o) {
       o.adapter_bottleneck = 6;
       o.adapter_scale = 0.5;
     }},
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class Adapters : public testing::TestWithParam<Kind> {};

TEST_P(Adapters, StartAsNothing) {
  const Adapted adapted(GetParam().method, GetParam().change);
  EXPECT_LE(distance(adapted.logits(), reference("logits")), 1e-5);
}

TEST_P(Adapters, TrainAndNothingElseBelowTheHead) {
  const Adapted adapted(GetParam().method, GetParam().change);
  EXPECT_FALSE(adapted.trained.empty());
  for (const auto& one : adapted.trained) {
    const bool head = adapted.model->index_of(one.block) >= adapted.model->head_begin();
    bool adapter = false;
    for (const auto* mark : {"lora_", "ia3_", "ssf_", "adaptmlp"})
      adapter = adapter || one.name.find(mark) != std::string::npos;
    EXPECT_NE(head, adapter) << one.name;
  }
}

TEST_P(Adapters, MergeIntoTheSameFunction) {
  Adapted adapted(GetParam().method, GetParam().change);
  adapted.fill();
  const auto before = adapted.logits();
  EXPECT_GT(distance(before, reference("logits")), 1e-2) << "the adapters do nothing: nothing is compared";
  if (!find_method(GetParam().method).merges) {
    EXPECT_THROW(merge_adapters(*adapted.model), Error);
    return;
  }
  merge_adapters(*adapted.model);
  for (const auto& [name, layer] : adapted.model->layers()) EXPECT_EQ(layer->adapter, nullptr) << name;
  EXPECT_LE(distance(adapted.logits(), before), 1e-5);
}

TEST_P(Adapters, ComeBackFromTheirFiles) {
  if (find_method(GetParam().method).peft_type.empty()) GTEST_SKIP() << "saved merged alone";
  const TempFolder folder;
  Adapted adapted(GetParam().method, GetParam().change);
  adapted.fill();
  write_adapter(folder.path(), *adapted.model, adapted.options, GetParam().method, "base", {"classifier"});
  Adapted fresh(GetParam().method, [](Options&) {});
  fresh.model = tiny_bert();
  EXPECT_EQ(read_adapter(folder.path(), *fresh.model), GetParam().method);
  // Not the same bits: layers that train here are frozen there, and other kernels multiply them.
  expect_close(fresh.logits(), adapted.logits(), 1e-6, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(All, Adapters, testing::ValuesIn(kKinds),
                         [](const auto& one) { return std::string(one.param.name); });

// y = W x + b + s B A x with s = alpha / r, or alpha / sqrt(r).
TEST(Lora, ScaleFollowsRankAlphaAndTheirPatterns) {
  const std::string query = "bert.encoder.layer.0.attention.self.query",
                    value = "bert.encoder.layer.0.attention.self.value";
  const auto scale = [&](const std::string& module, const std::function<void(Options&)>& change) {
    const Adapted adapted("lora", change);
    return adapted.model->find_layer(module)->adapter->low_rank(Pass{})->scale;
  };
  EXPECT_DOUBLE_EQ(scale(query, [](Options&) {}), 2);
  EXPECT_DOUBLE_EQ(scale(query, [](Options& o) { o.lora_alpha = 4; }), 0.5);
  EXPECT_DOUBLE_EQ(scale(query, [](Options& o) { o.use_rslora = true; }), 16 / std::sqrt(8.0));
  const auto patterns = [](Options& o) {
    o.rank_pattern = {{"query", "4"}};
    o.alpha_pattern = {{"value", "24"}};
  };
  EXPECT_DOUBLE_EQ(scale(query, patterns), 16.0 / 4);
  EXPECT_DOUBLE_EQ(scale(value, patterns), 24.0 / 8);
}

TEST(Lora, PlusGivesBItsOwnRate) {
  const Adapted adapted("lora", [](Options& o) { o.loraplus_lr_ratio = 16; });
  int seen = 0;
  for (const auto& one : adapted.trained) {
    const bool b = one.name.ends_with("lora_B.weight");
    seen += b ? 1 : 0;
    EXPECT_EQ(one.rate_factor, b ? 16 : 1) << one.name;
  }
  EXPECT_EQ(seen, 6);
}

TEST(Lora, StartsAlikeInEveryRunAndFromTheSeed) {
  const auto first = [](std::int64_t seed) {
    const Adapted adapted("lora", [seed](Options& o) { o.seed = seed; });
    return adapted.model->find_layer("bert.encoder.layer.2.attention.self.value")
        ->adapter->tensors()
        .at("lora_A.weight")
        ->detach()
        .clone();
  };
  EXPECT_TRUE(same_bits(first(1), first(1)));
  EXPECT_FALSE(same_bits(first(1), first(2)));
  EXPECT_LE(first(1).abs().max().item<double>(), 1 / std::sqrt(32.0));
}

TEST(Dora, KeepsTheLengthOfEachRow) {
  Adapted adapted("lora", [](Options& o) { o.use_dora = true; });
  auto& layer = *adapted.model->find_layer("bert.encoder.layer.0.attention.self.query");
  torch::NoGradGuard no_grad;
  layer.adapter->tensors().at("lora_B.weight")->add_(seeded({32, 8}, 3, 0.3));
  Tensor weight, bias;
  layer.adapter->merge(layer, weight, bias);
  EXPECT_GT(distance(weight, layer.weight), 1e-2);
  EXPECT_LE(distance(weight.norm(2, 1), layer.weight.norm(2, 1)), 1e-5);
}

TEST(PeftFiles, ThatDoNotFitAreRefused) {
  const TempFolder folder;
  Adapted adapted("lora", [](Options&) {});
  write_adapter(folder.path(), *adapted.model, adapted.options, "lora", "base", {"classifier"});
  ASSERT_EQ(read_adapter(folder.path(), *tiny_bert()), "lora");
  const auto attempt = [&] { return message_of(ErrorKind::model, [&] { read_adapter(folder.path(), *tiny_bert()); }); };
  const auto config_file = folder.path() / "adapter_config.json";
  const auto config = nlohmann::json::parse(read_file(config_file, ErrorKind::internal));
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto changed = config;
    changed[key] = value;
    std::ofstream(config_file) << changed.dump();
    return attempt();
  };
  expect_contains(with("peft_type", "PREFIX_TUNING"),
                  "peft_type is 'PREFIX_TUNING'; supported: LORA, IA3, ADAPTFORMER, VPT");
  expect_contains(with("use_qalora", true), "use_qalora is true; this variant of LoRA is not supported");
  for (const auto* begun : {"pissa_niter_4", "olora", "corda", "loftq", "lora_ga"})
    expect_contains(with("init_lora_weights", begun), std::string("init_lora_weights is \"") + begun + "\": such an");
  {
    auto changed = config;
    changed["init_lora_weights"] = "MiCA";  // begins on the base's own weights
    std::ofstream(config_file) << changed.dump();
    EXPECT_EQ(read_adapter(folder.path(), *tiny_bert()), "lora");
  }
  expect_contains(with("use_dora", true), "has no tensor lora_magnitude_vector");
  // What config and weights say of each other: else a part of the adapter would do nothing, without a word.
  expect_contains(with("r", 4), "r is 4 for '");
  expect_contains(with("target_modules", {"foo"}), "target_modules [foo] do not name '");
  auto targets = config.at("target_modules");
  targets.push_back("encoder.layer.0.output.dense");
  expect_contains(with("target_modules", targets),
                  "name 'bert.encoder.layer.0.output.dense', but the file has no tensor");
  std::ofstream(config_file) << "{";
  expect_contains(attempt(), "adapter_config.json: broken JSON near byte");
  write_safetensors(folder.path() / "adapter_model.safetensors", {});
  std::ofstream(config_file) << config.dump();
  expect_contains(attempt(), "holds no tensor of this adapter, which would do nothing");
  std::filesystem::remove(folder.path() / "adapter_model.safetensors");
  std::ofstream(config_file) << config.dump();
  expect_contains(attempt(), "no adapter_model.safetensors");
}

}  // namespace
}  // namespace strop
