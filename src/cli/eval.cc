#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "core/error.h"
#include "strop/job.h"

namespace strop {
namespace {

constexpr const char* kPredictions = "predictions";

std::string results_of(const CommandLine& command) {
  if (!command.has(kPredictions)) {
    require_keys(command, {"model", "data"});
    return evaluate(command.options);
  }
  require_keys(command, {"data"});
  if (!command.options.model.empty()) {
    fail(ErrorKind::usage,
         "strop eval takes --model, which finds the boxes, or --predictions, where they stand already; leave one out");
  }
  return evaluate_predictions(command.flags.at(kPredictions), command.options);
}

int run_eval(const CommandLine& command) {
  const auto results = results_of(command);
  print(command.options.json ? results : figures_text(results));
  return 0;
}

}  // namespace

Verb eval_verb() {
  Verb verb;
  verb.name = "eval";
  verb.summary = "measures a fine-tuned model on labelled data";
  verb.about =
      "Prints loss, accuracy, F1 and the like (of a detector COCO's twelve figures) of a run folder, or of a base "
      "model "
      "with --adapter, on --data; with --out also writes eval_results.json there. --json prints all of it, the "
      "confusion "
      "matrix too. --predictions FILE measures boxes that were found before, by strop predict or another program, "
      "against COCO's annotations in --data, without a model.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop eval --model runs/reviews --data test.csv",
                   "strop eval --model sentence-transformers/all-MiniLM-L6-v2 --adapter runs/reviews --data test.csv",
                   "strop eval --predictions found.json --data instances_val2017.json"};
  verb.flags = {
      {kPredictions, "FILE", "a COCO results array; --data is the JSON file of annotations, --model is left out"}};
  verb.usual = {"model", "adapter", "data", "out", "per_device_eval_batch_size", "device", "threads", "quiet", "json"};
  verb.run = run_eval;
  return verb;
}

}  // namespace strop
