#include "strop/plan.h"

#include "config/values.h"
#include "expect_error.h"

namespace strop {
namespace {

Plan sample() {
  Plan plan;
  plan.options.model = "sentence-transformers/all-MiniLM-L6-v2";
  plan.options.data = "reviews: all.csv";
  plan.options.learning_rate = "0.0005";
  plan.options.columns = {{"text", "review"}};
  plan.options.weight_decay = 0.1 + 0.2;
  Stage head;
  head.name = "head";
  head.method = "head";
  head.solver = "ridge";
  head.blocks = {"classifier"};
  head.cut = "classifier";
  Stage lora;
  lora.name = "block encoder.layer.5";
  lora.method = "lora";
  lora.blocks = {"encoder.layer.5", "classifier"};
  lora.cut = "encoder.layer.5";
  lora.max_steps = 391;
  lora.epochs = 2.0 / 3;
  lora.seconds = 1.0 / 3;
  lora.learning_rate = 5e-4 / 7;
  lora.lr_scale = {{"encoder.layer.5", 0.9 * 0.9}, {"classifier", 5e-324}};
  lora.update_period = {{"encoder.layer.5", 4}};
  plan.stages = {head, lora};
  plan.precision = "fp32";
  plan.prefix_precision = "bf16";
  plan.fallbacks = {"halve_batch"};
  plan.reasons = {{"method", "6,920 rows: \"enough\" for LoRA\n(see docs)"}, {"a: b", ""}};
  plan.predicted = {61.25, 912345678901, 0.8125};
  return plan;
}

std::string minimal(const std::string& more = "") {
  return "version: 1\nstages:\n  - {name: s, max_steps: 5, learning_rate: 1e-3}\n" + more;
}

TEST(Plan, reads_back_exactly_what_was_written) {
  const Plan plan = sample();
  const auto text = to_yaml(plan);
  EXPECT_EQ(plan_from_yaml(text, "plan.yaml"), plan) << text;
  EXPECT_EQ(to_yaml(plan_from_yaml(text, "plan.yaml")), text);
}

TEST(Plan, a_person_can_write_a_short_one) {
  const Plan plan = plan_from_yaml(minimal("options:\n  model: m\n  train:\n    lr: 1e-3\n"), "plan.yaml");
  EXPECT_EQ(plan.options.model, "m");
  EXPECT_EQ(plan.options.learning_rate, "1e-3");
  EXPECT_EQ(plan.stages.at(0).method, "full");
  EXPECT_EQ(plan.stages.at(0).max_steps, 5);
}

TEST(Plan, is_told_from_options) {
  EXPECT_TRUE(is_plan(to_yaml(sample())));
  EXPECT_TRUE(is_plan(minimal()));
  EXPECT_FALSE(is_plan("model: m\nlora_r: 8\n"));
  EXPECT_FALSE(is_plan("version: 1\n"));
  EXPECT_FALSE(is_plan("- version\n- stages\n"));
  EXPECT_FALSE(is_plan("version: [1\n"));
  EXPECT_FALSE(is_plan(""));
}

TEST(Plan, a_newer_version_is_refused) {
  expect_usage_error([] { plan_from_yaml("stages: {new: shape}\nversion: 2\n", "plan.yaml"); },
                     {"plan.yaml:2: this plan has version 2", "reads up to 1", "update"});
}

TEST(Plan, errors_name_file_line_and_remedy) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"stages: []\n", {"plan.yaml: a plan needs 'version: 1'"}},
      {"version: 1\n", {"plan.yaml: a plan needs a list 'stages'"}},
      {"version: one\nstages: []\n", {"plan.yaml:1: version: expected a whole number"}},
      {"version: 1\nstages: []\n", {"plan.yaml:2: stages: expected a list of at least one stage"}},
      {"version: 1\nstages: {a: b}\n", {"plan.yaml:2: stages: expected a list", "found a map"}},
      {minimal("stges: 1\n"), {"plan.yaml:4: unknown key 'stges' in a plan", "did you mean 'stages'?"}},
      {minimal("zzzzzzzzzz: 1\n"), {"plan.yaml:4: unknown key", "expected one of fallbacks"}},
      {minimal("precision: fp23\n"), {"plan.yaml:4: precision: expected one of fp32, bf16", "did you mean 'fp32'?"}},
      {minimal("fallbacks: [wait]\n"), {"plan.yaml:4: fallbacks: expected one of halve_batch"}},
      {minimal("predicted: {secs: 1}\n"), {"plan.yaml:4: unknown key 'secs' in predicted"}},
      {minimal("predicted: 3\n"), {"plan.yaml:4: predicted: expected a map, found '3'"}},
      {minimal("fallbacks: {a: b}\n"), {"plan.yaml:4: fallbacks: expected a list"}},
      {minimal("fallbacks: []\nfallbacks: []\n"), {"plan.yaml:5: 'fallbacks' is given twice"}},
      {minimal("options: 3\n"), {"plan.yaml:4: options: expected a map"}},
      {minimal("options:\n  lora_r: 0\n"), {"plan.yaml:5: lora_r: expected a whole number >= 1, found '0'"}},
      {minimal("options:\n  lora_rr: 0\n"), {"plan.yaml:5: unknown key 'lora_rr'", "did you mean 'lora_r'?"}},
      {"version: 1\nstages:\n  - name: a\n    max_steps: -1\n",
       {"plan.yaml:4: max_steps: expected a whole number >= 0"}},
      {"version: 1\nstages:\n  - name: a\n    max_stepz: 1\n",
       {"plan.yaml:4: unknown key 'max_stepz' in a stage", "max_steps"}},
      {"version: 1\nstages:\n  - name: a\n    solver: rigde\n", {"plan.yaml:4: solver:", "did you mean 'ridge'?"}},
      {"version: 1\nstages:\n  - name: a\n    update_period: {b: 0}\n",
       {"plan.yaml:4: update_period.b: expected a whole"}},
      {"version: 1\nstages:\n  - name: a\n    learning_rate: 1\n",
       {"plan.yaml:3: stage 'a' would do nothing", "max_steps"}},
      {"version: 1\nstages:\n  - name: a\n    max_steps: 1\n",
       {"plan.yaml:3: stage 'a' would learn nothing", "learning_rate"}},
      {"version: 1\nstages:\n  - 5\n", {"plan.yaml:3: a stage: expected a map, found '5'"}},
      {"version: 1\nstages: [\n", {"plan.yaml:", "this is no YAML"}},
  };
  for (const auto& [text, parts] : cases) {
    SCOPED_TRACE(text);
    expect_usage_error([&] { plan_from_yaml(text, "plan.yaml"); }, parts);
  }
}

}  // namespace
}  // namespace strop
