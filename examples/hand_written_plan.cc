// Writes a plan by hand and runs it as it stands: first the head alone on the frozen encoder, then the top block and
// the head together. Everything that decides ends in a Plan, so a person may decide too.
//
//   hand_written_plan MODEL_FOLDER DATA OUT_FOLDER STEPS
#include <iostream>
#include <string>

#include "strop/job.h"

namespace {

// The rules fill in what the options leave open (precision, attention, learning rate, length of rows); the stages are
// then replaced by our own two.
strop::Plan write_plan(const strop::Options& options, std::int64_t steps) {
  strop::Plan plan = strop::make_plan(options);

  strop::Stage head;
  head.name = "head first";
  head.method = "head";
  head.blocks = {"classifier"};
  head.cut = "pooler";
  head.max_steps = steps;
  head.learning_rate = 1e-2;

  strop::Stage top;
  top.name = "top block";
  top.method = "layerwise";
  top.blocks = {"encoder.layer.5", "pooler", "classifier"};
  top.cut = "encoder.layer.5";
  top.max_steps = steps;
  top.learning_rate = 1e-4;
  top.update_period = {{"encoder.layer.5", 2}};  // the block every second step, the head at each

  plan.stages = {head, top};
  plan.reasons["stages"] = "written by hand";
  return plan;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "usage: hand_written_plan MODEL_FOLDER DATA OUT_FOLDER STEPS\n";
    return 2;
  }
  try {
    strop::Options options;
    options.model = arguments[1];
    options.data = arguments[2];
    options.out = arguments[3];
    options.method = "layerwise";
    options.pooling = "pooler";

    const strop::Plan plan = write_plan(options, std::stoll(arguments[4]));
    std::cout << strop::to_yaml(plan) << "\n";
    const strop::RunResult run = strop::train(plan);
    std::cout << "the run lies in " << run.folder.string() << "\n" << run.results_json << "\n";
  } catch (const strop::Error& error) {
    std::cerr << "hand_written_plan: " << error.what() << "\n";
    return error.exit_code();
  }
}
