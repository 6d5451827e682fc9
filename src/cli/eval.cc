#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "strop/job.h"

namespace strop {
namespace {

int run(const CommandLine& command) {
  require_keys(command, {"model", "data"});
  const auto results = evaluate(command.options);
  print(command.options.json ? results : figures_text(results));
  return 0;
}

}  // namespace

Verb eval_verb() {
  Verb verb;
  verb.name = "eval";
  verb.summary = "measures a fine-tuned model on labelled data";
  verb.about =
      "Prints loss, accuracy, F1 and the like of a run folder, or of a base model with --adapter, on --data; with "
      "--out "
      "also writes eval_results.json there. --json prints all of it, the confusion matrix too.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop eval --model runs/reviews --data test.csv",
                   "strop eval --model sentence-transformers/all-MiniLM-L6-v2 --adapter runs/reviews --data test.csv"};
  verb.usual = {"model", "adapter", "data", "out", "per_device_eval_batch_size", "device", "threads", "quiet", "json"};
  verb.run = run;
  return verb;
}

}  // namespace strop
