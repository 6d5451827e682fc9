// Every method trains through the public job on separable rows, freezes what it says, and leaves the documented files.

#include <set>

#include "config/schema.h"
#include "core/text.h"
#include "strop/plan.h"
#include "tiny_job.h"

namespace strop {
namespace {

struct Case {
  const char* name;
  const char* settings;           // as on the command line
  double least_accuracy;          // on the training rows
  std::set<std::string> trained;  // blocks in which something trains
};

const std::set<std::string> kHead = {"pooler", "classifier"};
const std::set<std::string> kEncoder = {"encoder.layer.0", "encoder.layer.1", "encoder.layer.2", "pooler",
                                        "classifier"};
const std::set<std::string> kAll = {"embeddings",      "encoder.layer.0", "encoder.layer.1",
                                    "encoder.layer.2", "pooler",          "classifier"};
const std::set<std::string> kSecond = {"encoder.layer.1", "pooler", "classifier"};

// clang-format off
const std::vector<Case> kCases = {
    {"closed_form_head", "method=head head_solver=ridge", 0.8, {"classifier"}},
    {"logistic_head", "method=head head_solver=logistic", 0.8, {"classifier"}},
    {"sgd_head", "method=head head_solver=sgd learning_rate=2e-2", 0.8, kHead},
    {"head", "method=head", 0.8, kHead},
    {"layerwise", "method=layerwise learning_rate=2e-3", 0.95, kEncoder},
    {"layerwise_bottom_up", "method=layerwise layerwise_order=bottom_up layerwise_steps=40 learning_rate=2e-3", 0.9, kEncoder},
    {"layerwise_decay", "method=layerwise layer_decay=0.8 update_period=1,2 learning_rate=2e-3", 0.8, kEncoder},
    {"top_k", "method=layerwise top_k=2 learning_rate=2e-3", 0.95,
     {"encoder.layer.1", "encoder.layer.2", "pooler", "classifier"}},
    {"surgical", "method=layerwise surgical=1 surgical_first=encoder.layer.1 learning_rate=2e-3", 0.95, kSecond},
    {"lp_ft_bitfit", "method=bitfit lp_ft=true learning_rate=1e-2", 0.85, kEncoder},
    {"gradual_unfreezing", "method=layerwise gradual_unfreezing=true learning_rate=2e-3", 0.95, kEncoder},
    {"lora", "method=lora learning_rate=5e-3", 0.95, kEncoder},
    {"dora", "method=lora use_dora=true learning_rate=5e-3", 0.95, kEncoder},
    {"rslora_plus", "method=lora use_rslora=true loraplus_lr_ratio=4 target_modules=all-linear learning_rate=3e-3", 0.95, kEncoder},
    {"lora_of_one_layer", "method=lora layers_to_transform=1 learning_rate=1e-2", 0.8, kSecond},
    {"ia3", "method=ia3 learning_rate=1e-2", 0.8, kEncoder},
    {"bitfit", "method=bitfit learning_rate=2e-2", 0.85, kEncoder},
    {"norm", "method=norm learning_rate=1e-2", 0.85, kEncoder},
    {"ssf", "method=ssf learning_rate=1e-2", 0.85, kEncoder},
    {"adaptformer", "method=adaptformer learning_rate=1e-2", 0.95, kEncoder},
    {"norm_of_one_layer", "method=norm layers_to_transform=1 learning_rate=2e-2", 0.8, kSecond},
    {"full", "method=full learning_rate=2e-3", 0.95, kAll},
    {"lp_ft", "method=full lp_ft=true learning_rate=2e-3", 0.95, kAll},
    {"mean_pooling", "method=full pooling=mean learning_rate=2e-3", 0.95,
     {"embeddings", "encoder.layer.0", "encoder.layer.1", "encoder.layer.2", "classifier"}},
};
// clang-format on
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

class Methods : public testing::TestWithParam<Case> {};

TEST_P(Methods, LearnFreezeAndLeaveTheirFiles) {
  const TinyJob job;
  Options options = job.options("");
  options.num_train_epochs = 20;
  for (const auto& setting : split(GetParam().settings, ' ')) {
    const auto equals = setting.find('=');
    set_option(options, setting.substr(0, equals), setting.substr(equals + 1), GetParam().name);
  }
  const auto result = train(options);
  EXPECT_EQ(result.folder, job.path("run"));
  EXPECT_GE(job.accuracy("run"), GetParam().least_accuracy);

  const auto record = job.json("run", "strop.json");
  std::set<std::string> trained;
  for (const auto& block : record.at("blocks")) {
    const auto before = block.value("frozen_hash_before", ""), after = block.value("frozen_hash_after", "");
    EXPECT_EQ(before, after) << block.at("name");
    if (block.at("trained_parameters") > 0) {
      trained.insert(block.at("name"));
    } else if (block.at("parameters") > 0) {
      EXPECT_EQ(before.size(), 64U) << block.at("name");
    }
    // Where parts of layers train, the proof covers the rest of the block.
    const bool parts = options.method == "bitfit" || options.method == "norm";
    if (parts && block.at("name").get<std::string>().starts_with("encoder")) {
      EXPECT_EQ(before.size(), 64U) << block.at("name");
    }
  }
  EXPECT_EQ(trained, GetParam().trained);

  for (const auto* file :
       {"plan.yaml", "strop.json", "strop.log", "trainer_log.jsonl", "trainer_state.json", "train_results.json",
        "eval_results.json", "all_results.json", "results.csv", "report.html", "predictions.jsonl", "runs"}) {
    EXPECT_TRUE(std::filesystem::exists(job.path("run") / file)) << file;
  }
  const bool adapter = std::filesystem::exists(job.path("run") / "adapter_model.safetensors");
  EXPECT_EQ(adapter, std::filesystem::exists(job.path("run") / "adapter_config.json"));
  EXPECT_NE(adapter, std::filesystem::exists(job.path("run") / "model.safetensors"));
  EXPECT_NE(adapter, std::filesystem::exists(job.path("run") / "config.json"));
  EXPECT_EQ(adapter, options.method == "lora" || options.method == "ia3" || options.method == "adaptformer");
  EXPECT_EQ(nlohmann::json::parse(result.results_json), job.json("run", "all_results.json"));
}

INSTANTIATE_TEST_SUITE_P(All, Methods, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Surgical, ChoiceIsMeasuredAndWritten) {
  const TinyJob job;
  Options options = job.options("layerwise");
  options.surgical = 2;
  options.max_steps = 4;
  const auto planned = make_plan(options);
  train(options);
  const auto file = job.path("run") / "plan.yaml";
  const auto plan = plan_from_yaml(job.content("run", "plan.yaml"), file.string());
  const auto& first = plan.options.surgical_first;
  EXPECT_TRUE(first == "encoder.layer.0" || first == "encoder.layer.1") << first;
  EXPECT_EQ(planned.options.surgical_first, first);
  ASSERT_EQ(plan.stages.size(), 1U);
  EXPECT_EQ(plan.stages[0].cut, first);
  EXPECT_EQ(plan.stages[0].blocks.size(), 4U) << "two blocks, pooler and classifier";
  EXPECT_NE(plan.reasons.at("surgical").find("encoder.layer.2 "), std::string::npos) << plan.reasons.at("surgical");
}

// pooling=auto: a head alone reads what a sentence-transformers model was trained to give.
TEST(Pooling, AHeadAloneFollowsTheModelsOwn) {
  const TinyJob job;
  std::filesystem::create_directories(job.model() / "1_Pooling");
  std::ofstream(job.model() / "1_Pooling" / "config.json") << R"({"pooling_mode_mean_tokens": true})";
  train(job.options("head", "head"));
  EXPECT_EQ(job.json("head", "strop.json").at("input").at("pooling"), "mean");
  train(job.options("lora", "lora"));
  EXPECT_EQ(job.json("lora", "strop.json").at("input").at("pooling"), "pooler");
}

}  // namespace
}  // namespace strop
