// What the verbs ask of the job, print and return.
#include <new>
#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "run_cli.h"

namespace strop {
namespace {

using Verbs = CliTest;
using nlohmann::json;

const std::vector<std::string> kModelAndData = {"--model", "m", "--data", "d"};

Output run_on(const std::string& verb, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {verb};
  arguments.insert(arguments.end(), kModelAndData.begin(), kModelAndData.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_cli(arguments);
}

TEST_F(Verbs, train_prints_figures_and_places) {
  const auto output = run_on("train");
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.out, "eval_accuracy  0.91235\nrun:    runs/x/1\nreport: runs/x/1/report.html\n");
  EXPECT_EQ(run_on("train", {"--quiet"}).out, "runs/x/1\n");
}

TEST_F(Verbs, json_is_one_object_on_standard_output) {
  const auto trained = json::parse(run_on("train", {"--json"}).out);
  EXPECT_EQ(trained.at("run_folder"), "runs/x/1");
  EXPECT_EQ(trained.at("eval_confusion").at(1).at(0), 3);
  EXPECT_TRUE(fake_job().options.json);
  EXPECT_EQ(json::parse(run_on("eval", {"--json"}).out).at("eval_accuracy"), 0.91234567);
  fake_job().found = "[\n{\"image_id\": 1},\n{\"image_id\": 2}\n]\n";
  EXPECT_EQ(json::parse(run_on("predict", {"--json"}).out).at("predictions").at(1).at("image_id"), 2);
  fake_job().found.clear();
  const auto predicted = json::parse(run_on("predict", {"--json"}).out);
  EXPECT_EQ(predicted.at("predictions").at(1).at("label"), "bad");
  EXPECT_EQ(json::parse(run_on("predict", {"--json", "--out", "p.jsonl"}).out).at("predictions_file"), "p.jsonl");
  EXPECT_EQ(json::parse(run_on("merge", {"--json", "--out", "o"}).out).at("model"), "o");
  EXPECT_EQ(json::parse(run_on("export", {"--json", "--out", "o.onnx"}).out).at("model"), "o.onnx");
  EXPECT_EQ(json::parse(run_on("plan", {"--json"}).out).at("stages").at(0).at("max_steps"), 10);
  EXPECT_EQ(json::parse(run_cli({"config", "lr", "--json"}).out).at("keys").at(0).at("name"), "learning_rate");
  EXPECT_EQ(json::parse(run_cli({"config", "--json"}).out).at("keys").size(), schema().size());
  EXPECT_EQ(json::parse(run_cli({"config", "lora_r=3", "--json"}).out).at("lora_r"), 3);
}

TEST_F(Verbs, plan_prints_writes_and_reads_back) {
  const auto output = run_on("plan", {"--out", "p.yaml", "--quiet"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(read("p.yaml"), output.out);
  const auto plan = plan_from_yaml(output.out, "p.yaml");
  EXPECT_EQ(plan.options.model, "m");
  EXPECT_EQ(plan.options.out, "") << "--out is the plan's place, not the run's";
  EXPECT_FALSE(plan.options.quiet);
  std::filesystem::create_directory("folder");
  run_on("plan", {"--out", "folder"});
  EXPECT_TRUE(is_plan(read("folder/plan.yaml")));
}

TEST_F(Verbs, eval_measures_a_file_of_found_boxes_without_a_model) {
  EXPECT_EQ(run_cli({"eval", "--predictions", "p.json", "--data", "a.json"}).out, "eval_accuracy  0.91235\n");
  EXPECT_EQ(fake_job().called, "evaluate_predictions");
  EXPECT_EQ(fake_job().predictions, "p.json");
  EXPECT_EQ(fake_job().options.data, "a.json");
  expect_refused({"eval", "--predictions", "p.json"}, 2, {"needs --data"});
  expect_refused({"eval", "--predictions", "p.json", "--model", "m", "--data", "a.json"}, 2,
                 {"--model", "leave one out"});
}

TEST_F(Verbs, train_runs_a_plan_as_it_stands) {
  run_on("plan", {"--out", "p.yaml", "lora_r=5"});
  const auto output = run_cli({"train", "p.yaml", "--out", "runs/new", "--quiet", "--resume"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(fake_job().called, "train plan");
  EXPECT_EQ(fake_job().plan.stages.at(0).max_steps, 10);
  EXPECT_EQ(fake_job().plan.options.lora_r, 5);
  EXPECT_EQ(fake_job().plan.options.out, "runs/new");
  EXPECT_EQ(fake_job().plan.options.resume, "newest");
  EXPECT_TRUE(fake_job().plan.options.quiet);
  expect_refused({"train", "p.yaml", "--lora-r", "9"}, 2, {"'lora_r' can't be changed beside a plan", "edit p.yaml"});
  expect_refused({"train", "p.yaml", "seed=9"}, 2, {"'seed' can't be changed beside a plan"});
}

TEST_F(Verbs, how_a_run_was_shown_is_not_repeated_with_its_plan) {
  write("p.yaml",
        "version: 1\nstages:\n  - {name: s, max_steps: 1, learning_rate: 1}\n"
        "options: {model: m, data: d, out: o, json: true, quiet: true, resume: runs/x/1}\n");
  EXPECT_EQ(run_cli({"train", "p.yaml"}).code, 0);
  const auto& options = fake_job().plan.options;
  EXPECT_FALSE(options.json || options.quiet);
  EXPECT_EQ(options.resume, "");
  EXPECT_EQ(options.out, "o");
  EXPECT_EQ(run_cli({"eval", "p.yaml"}).code, 0);
  EXPECT_EQ(fake_job().options.model, "m");
  EXPECT_EQ(fake_job().options.out, "") << "the run's folder is not where another verb writes";
}

TEST_F(Verbs, a_newer_plan_is_refused) {
  write("p.yaml", "version: 99\nstages: []\n");
  expect_refused({"train", "p.yaml"}, 2, {"p.yaml:1: this plan has version 99", "update"});
}

TEST_F(Verbs, predictions_go_to_standard_output_or_whole_into_a_file) {
  const std::string lines = "{\"index\": 0, \"label\": \"good\"}\n{\"index\": 1, \"label\": \"bad\"}\n";
  EXPECT_EQ(run_on("predict").out, lines);
  EXPECT_EQ(run_on("predict", {"--out", "p.jsonl"}).out, "");
  EXPECT_EQ(read("p.jsonl"), lines);
  fake_job().failure = [] { fail(ErrorKind::data, "d:3: no text"); };
  const auto output = run_on("predict", {"--out", "q.jsonl"});
  EXPECT_EQ(output.code, 3);
  EXPECT_EQ(output.err, "strop: d:3: no text\n");
  EXPECT_TRUE(std::filesystem::is_regular_file("p.jsonl"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator("."), {}), 1) << "a half-written file was left";
}

TEST_F(Verbs, predict_refuses_a_folder_before_it_begins) {
  std::filesystem::create_directory("folder");
  expect_refused({"predict", "--model", "m", "--data", "d", "--out", "folder"}, 2, {"'folder' is a folder"});
  write("file", "");
  expect_refused({"predict", "--model", "m", "--data", "d", "--out", "file/p"}, 2, {"file"});
}

TEST_F(Verbs, inspect_and_bench_pass_their_own_flags) {
  EXPECT_EQ(run_cli({"inspect", "--data", "d", "--augment", "aeda,swap", "--samples", "7"}).out, "inspected\n");
  EXPECT_TRUE(fake_job().inspect.augment);
  EXPECT_FALSE(fake_job().inspect.blocks);
  EXPECT_EQ(fake_job().inspect.samples, 7);
  EXPECT_EQ(fake_job().options.augment, (std::vector<std::string>{"aeda", "swap"}));
  EXPECT_EQ(run_cli({"inspect", "--augment", "--data", "d"}).code, 0);
  EXPECT_TRUE(fake_job().inspect.augment);
  EXPECT_TRUE(fake_job().options.augment.empty());
  expect_refused({"inspect", "--model", "m", "--augment"}, 2, {"--augment shows samples of --data"});
  EXPECT_EQ(run_cli({"inspect", "--data", "d", "--write", "w", "--format", "voc"}).code, 0);
  EXPECT_EQ(fake_job().inspect.write + " " + fake_job().inspect.format, "w voc");
  EXPECT_EQ(fake_job().options.val_size, 0) << "what is converted stays whole";
  EXPECT_EQ(run_cli({"inspect", "--data", "d", "--write", "w", "--format", "voc", "--val-size", "0.3"}).code, 0);
  EXPECT_EQ(fake_job().options.val_size, 0.3);
  expect_refused({"inspect", "--data", "d", "--write", "w"}, 2, {"--format", "belong together"});
  expect_refused({"inspect", "--model", "m", "--write", "w", "--format", "coco"}, 2, {"--data belong together"});
  EXPECT_EQ(run_on("bench", {"--blocks", "--steps", "9"}).out, "benched\n");
  EXPECT_TRUE(fake_job().bench.blocks);
  EXPECT_EQ(fake_job().bench.steps, 9);
}

TEST_F(Verbs, config_explains_and_checks) {
  EXPECT_NE(run_cli({"config"}).out.find("\nTraining\n  learning_rate"), std::string::npos);
  EXPECT_EQ(
      run_cli({"config", "lora_rank"}).out,
      "lora_r (Method)\n  lora: rank.\n\n  values   integer, >= 1\n  default  8\n  also     r, lora_rank, lora_dim\n"
      "  set it   --lora-r VALUE or lora_r=VALUE; in YAML 'lora_r: VALUE'\n");
  EXPECT_EQ(run_cli({"config", "--markdown"}).out, schema_markdown());
  write("o.yaml", "lora_rank: 4\n");
  Options expected;
  expected.lora_r = 4;
  expected.seed = 7;
  EXPECT_EQ(run_cli({"config", "o.yaml", "seed=7"}).out, options_to_yaml(expected));
  run_on("plan", {"--out", "p.yaml"});
  EXPECT_EQ(run_cli({"config", "p.yaml"}).out, read("p.yaml"));
  expect_refused({"config", "lora_rr"}, 2, {"unknown key 'lora_rr'", "did you mean 'lora_r'?"});
  expect_refused({"config", "lora_r", "seed=1"}, 2, {"either keys to explain ('lora_r') or options"});
}

TEST_F(Verbs, exit_codes_and_messages) {
  const std::vector<std::pair<ErrorKind, int>> kinds = {{ErrorKind::internal, 1}, {ErrorKind::usage, 2},
                                                        {ErrorKind::data, 3},     {ErrorKind::model, 4},
                                                        {ErrorKind::budget, 5},   {ErrorKind::interrupted, 130}};
  for (const auto& [kind, code] : kinds) {
    fake_job().failure = [kind = kind] { fail(kind, "what and why"); };
    const auto output = run_on("train");
    EXPECT_EQ(output.code, code);
    EXPECT_EQ(output.err, "strop: what and why\n");
    EXPECT_EQ(output.out, "");
  }
  fake_job().failure = [] { throw std::runtime_error("sizes differ\nException raised from at.cpp:7\nframe #0"); };
  auto output = run_on("train");
  EXPECT_EQ(output.code, 1);
  EXPECT_EQ(output.err.rfind("strop: internal error: sizes differ\n", 0), 0u) << output.err;
  EXPECT_EQ(output.err.find("frame #0"), std::string::npos);
  EXPECT_NE(output.err.find("report it"), std::string::npos);
  fake_job().failure = [] { throw std::bad_alloc(); };
  output = run_on("train");
  EXPECT_EQ(output.code, 5);
  EXPECT_NE(output.err.find("out of memory"), std::string::npos);
}

TEST_F(Verbs, report_renders_one_run_beside_it_and_several_where_told) {
  const auto runs = std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/report";
  for (const auto* name : {"run_a", "run_b"}) std::filesystem::copy(runs / name, name);
  const auto one = run_cli({"report", "run_a"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, "run_a/report.html\n");
  const auto page = read("run_a/report.html");
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0u) << page.substr(0, 80);
  EXPECT_NE(page.find("</html>"), std::string::npos);
  EXPECT_NE(page.find("run_a"), std::string::npos);

  const auto two = run_cli({"report", "run_a", "run_b", "--out", "pages/compare.html", "--json"});
  EXPECT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(json::parse(two.out), (json{{"report", "pages/compare.html"}}));
  const auto both = read("pages/compare.html");
  EXPECT_NE(both.find("run_a"), std::string::npos);
  EXPECT_NE(both.find("run_b"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists("run_b/report.html")) << "the second run is left alone";
  EXPECT_EQ(run_cli({"report", "run_a", "--out", "pages"}).out, "pages/report.html\n");
}

TEST_F(Verbs, report_needs_a_run_and_a_place) {
  std::filesystem::create_directory("empty");
  expect_refused({"report", "empty"}, 2, {"empty"});
  expect_refused({"report", "a", "b"}, 2, {"needs --out for several runs", "--out compare.html"});
  EXPECT_FALSE(std::filesystem::exists("empty/report.html"));
}

}  // namespace
}  // namespace strop
