#include "fake_job.h"

#include <ostream>

namespace strop {
namespace {

void note(const char* name, const Options& options) {
  fake_job().called = name;
  fake_job().options = options;
  if (fake_job().failure) fake_job().failure();
}

RunResult result() { return {"runs/x/1", R"({"eval_accuracy": 0.91234567, "eval_confusion": [[1, 2], [3, 4]]})"}; }

}  // namespace

FakeJob& fake_job() {
  static FakeJob job;
  return job;
}

Plan make_plan(const Options& options) {
  note("make_plan", options);
  Plan plan;
  plan.options = options;
  Stage stage;
  stage.name = "lora";
  stage.method = "lora";
  stage.max_steps = 10;
  stage.learning_rate = 5e-4;
  plan.stages = {stage};
  return plan;
}

RunResult train(const Options& options, const std::vector<std::string>&) {
  note("train options", options);
  return result();
}

RunResult train(const Plan& plan) {
  fake_job().plan = plan;
  note("train plan", plan.options);
  return result();
}

std::string evaluate(const Options& options) {
  note("evaluate", options);
  return result().results_json;
}

std::string evaluate_predictions(const std::string& predictions, const Options& options) {
  fake_job().predictions = predictions;
  note("evaluate_predictions", options);
  return result().results_json;
}

void predict(const Options& options, std::ostream& out) {
  if (!fake_job().found.empty()) {
    out << fake_job().found;
    return note("predict", options);
  }
  out << "{\"index\": 0, \"label\": \"good\"}\n";
  note("predict", options);
  out << "{\"index\": 1, \"label\": \"bad\"}\n";
}

std::filesystem::path merge(const Options& options) {
  note("merge", options);
  return options.out;
}

std::filesystem::path export_model(const Options& options) {
  note("export", options);
  return options.out;
}

std::string inspect(const Options& options, const InspectOptions& what) {
  fake_job().inspect = what;
  note("inspect", options);
  return "inspected";
}

std::string bench(const Options& options, const BenchOptions& what) {
  fake_job().bench = what;
  note("bench", options);
  return "benched";
}

std::string version_line() { return "strop of the tests"; }

}  // namespace strop
