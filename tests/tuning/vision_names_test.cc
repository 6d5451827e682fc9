// The two spellings of a vision transformer's modules in PEFT's files (docs/models.md).
#include <gtest/gtest.h>

#include "core/files.h"
#include "models/reference_case.h"
#include "temp_folder.h"
#include "tuning/apply.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"

namespace strop {
namespace {

struct Spelling {
  const char *names, *query, *inside;
};
std::ostream& operator<<(std::ostream& out, const Spelling& one) { return out << one.names; }

struct Adapted {
  ReferenceCase reference;
  std::unique_ptr<Model> model;
  Options options;

  Adapted(const std::string& folder, const std::vector<std::string>& targets)
      : reference(folder), model(reference.model()) {
    options.method = "lora";
    options.target_modules = targets;
    apply_stage(*model, find_method("lora").stages(model_facts(*model, 1, false), options).front(), options);
    torch::NoGradGuard no_grad;
    std::uint64_t seed = 0;
    for (const auto& [name, layer] : model->layers()) {
      if (!layer->adapter) continue;
      for (const auto& [key, tensor] : layer->adapter->tensors())
        tensor->add_(seeded(tensor->sizes().vec(), ++seed, 0.2));
    }
  }
  torch::Tensor logits() const {
    torch::NoGradGuard no_grad;
    return logits_of(*model, reference.pixels());
  }
  std::size_t adapters() const {
    std::size_t count = 0;
    for (const auto& [name, layer] : model->layers()) count += layer->adapter ? 1 : 0;
    return count;
  }
};

class VisionNames : public testing::TestWithParam<Spelling> {};

TEST_P(VisionNames, AreWrittenAndReadBack) {
  const TempFolder folder;
  Adapted adapted("vit/vit", {});
  adapted.options.names = GetParam().names;
  write_adapter(folder.path(), *adapted.model, adapted.options, "lora", "base", {"classifier"});
  const WeightFiles written(folder.path() / "adapter_model.safetensors");
  EXPECT_EQ(written.tensors().count(std::string("base_model.model.") + GetParam().query + ".lora_A.weight"), 1U);
  EXPECT_EQ(written.tensors().count("base_model.model.classifier.weight"), 1U);
  const auto config = nlohmann::json::parse(read_file(folder.path() / "adapter_config.json", ErrorKind::model));
  EXPECT_TRUE(config["task_type"].is_null());
  EXPECT_EQ(config["auto_mapping"]["base_model_class"], "ViTForImageClassification");
  EXPECT_EQ(config["auto_mapping"]["parent_library"], "transformers.models.vit.modeling_vit");
  for (const auto& module : config["target_modules"]) expect_contains(module, GetParam().inside);

  const auto again = adapted.reference.model();
  EXPECT_EQ(read_adapter(folder.path(), *again), "lora");
  torch::NoGradGuard no_grad;
  // Trained and frozen layers multiply by different kernels.
  expect_close(logits_of(*again, adapted.reference.pixels()), adapted.logits(), 1e-6, "logits");
  EXPECT_GT(distance(adapted.logits(), adapted.reference.tensor("logits")), 1e-3) << "the adapter does nothing";
}
INSTANTIATE_TEST_SUITE_P(Versions, VisionNames,
                         testing::Values(Spelling{"v5", "vit.layers.1.attention.q_proj", "vit.layers."},
                                         Spelling{"v4", "vit.encoder.layer.1.attention.attention.query",
                                                  "vit.encoder.layer."}),
                         [](const auto& one) { return one.param.names; });

TEST(VisionTargets, EitherSpellingAndTimms) {
  const Adapted disk("vit/dinov2", {"query", "mlp.fc1"}), memory("vit/dinov2", {"q_proj", "fc1"});
  EXPECT_EQ(disk.adapters(), 4U);
  EXPECT_TRUE(same_bits(disk.logits(), memory.logits()));
  EXPECT_EQ(Adapted("vit/deit", {"o_proj"}).adapters(), 2U);
  EXPECT_EQ(Adapted("vit/timm_vit", {}).adapters(), 2U);
}

}  // namespace
}  // namespace strop
