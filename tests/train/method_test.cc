// Every method trains through the public job on separable rows, freezes what it says, and leaves the documented files.

#include <set>

#include "strop/plan.h"
#include "tiny_job.h"

namespace strop {
namespace {

struct Case {
  const char* name;
  void (*change)(Options&);
  double least_accuracy;          // on the training rows
  std::set<std::string> trained;  // blocks in which something trains
};

const std::set<std::string> kHead = {"pooler", "classifier"};
const std::set<std::string> kEncoder = {"encoder.layer.0", "encoder.layer.1", "encoder.layer.2", "pooler",
                                        "classifier"};
const std::set<std::string> kAll = {"embeddings",      "encoder.layer.0", "encoder.layer.1",
                                    "encoder.layer.2", "pooler",          "classifier"};

const std::vector<Case> kCases = {
    {"closed_form_head",
     [](Options& o) {
       o.method = "head";
       o.head_solver = "ridge";
     },
     0.8,
     {"classifier"}},
    {"logistic_head",
     [](Options& o) {
       o.method = "head";
       o.head_solver = "logistic";
     },
     0.8,
     {"classifier"}},
    {"sgd_head",
     [](Options& o) {
       o.method = "head";
       o.head_solver = "sgd";
       o.learning_rate = "2e-2";
     },
     0.8, kHead},
    {"head", [](Options& o) { o.method = "head"; }, 0.8, kHead},
    {"layerwise",
     [](Options& o) {
       o.method = "layerwise";
       o.learning_rate = "2e-3";
     },
     0.95, kEncoder},
    {"layerwise_bottom_up",
     [](Options& o) {
       o.method = "layerwise";
       o.layerwise_order = "bottom_up";
       o.layerwise_steps = 40;
       o.learning_rate = "2e-3";
     },
     0.9, kEncoder},
    {"top_k",
     [](Options& o) {
       o.method = "layerwise";
       o.top_k = 2;
       o.learning_rate = "2e-3";
     },
     0.95,
     {"encoder.layer.1", "encoder.layer.2", "pooler", "classifier"}},
    {"surgical",
     [](Options& o) {
       o.method = "layerwise";
       o.surgical = 1;
       o.surgical_first = "encoder.layer.1";
       o.learning_rate = "2e-3";
     },
     0.95,
     {"encoder.layer.1", "pooler", "classifier"}},
    {"lp_ft_bitfit",
     [](Options& o) {
       o.method = "bitfit";
       o.lp_ft = true;
       o.learning_rate = "1e-2";
     },
     0.85, kEncoder},
    {"gradual_unfreezing",
     [](Options& o) {
       o.method = "layerwise";
       o.gradual_unfreezing = true;
       o.learning_rate = "2e-3";
     },
     0.95, kEncoder},
    {"lora",
     [](Options& o) {
       o.method = "lora";
       o.learning_rate = "5e-3";
     },
     0.95, kEncoder},
    {"dora",
     [](Options& o) {
       o.method = "lora";
       o.use_dora = true;
       o.learning_rate = "5e-3";
     },
     0.95, kEncoder},
    {"rslora_plus",
     [](Options& o) {
       o.method = "lora";
       o.use_rslora = true;
       o.loraplus_lr_ratio = 4;
       o.target_modules = {"all-linear"};
       o.learning_rate = "2e-3";
     },
     0.95, kEncoder},
    {"lora_of_one_layer",
     [](Options& o) {
       o.method = "lora";
       o.layers_to_transform = {1};
       o.learning_rate = "1e-2";
     },
     0.8,
     {"encoder.layer.1", "pooler", "classifier"}},
    {"ia3",
     [](Options& o) {
       o.method = "ia3";
       o.learning_rate = "1e-2";
     },
     0.8, kEncoder},
    {"bitfit",
     [](Options& o) {
       o.method = "bitfit";
       o.learning_rate = "1e-2";
     },
     0.85, kEncoder},
    {"norm",
     [](Options& o) {
       o.method = "norm";
       o.learning_rate = "1e-2";
     },
     0.85, kEncoder},
    {"ssf",
     [](Options& o) {
       o.method = "ssf";
       o.learning_rate = "1e-2";
     },
     0.85, kEncoder},
    {"adaptformer",
     [](Options& o) {
       o.method = "adaptformer";
       o.learning_rate = "1e-2";
     },
     0.95, kEncoder},
    {"norm_of_one_layer",
     [](Options& o) {
       o.method = "norm";
       o.layers_to_transform = {1};
       o.learning_rate = "2e-2";
     },
     0.8,
     {"encoder.layer.1", "pooler", "classifier"}},
    {"full",
     [](Options& o) {
       o.method = "full";
       o.learning_rate = "2e-3";
     },
     0.95, kAll},
    {"lp_ft",
     [](Options& o) {
       o.method = "full";
       o.lp_ft = true;
       o.learning_rate = "2e-3";
     },
     0.95, kAll},
    {"mean_pooling",
     [](Options& o) {
       o.method = "full";
       o.pooling = "mean";
       o.learning_rate = "2e-3";
     },
     0.95,
     {"embeddings", "encoder.layer.0", "encoder.layer.1", "encoder.layer.2", "classifier"}},
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

class Methods : public testing::TestWithParam<Case> {};

TEST_P(Methods, LearnFreezeAndLeaveTheirFiles) {
  const TinyJob job;
  Options options = job.options("");
  options.num_train_epochs = 20;
  GetParam().change(options);
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
