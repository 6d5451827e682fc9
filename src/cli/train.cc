#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "config/unread_keys.h"
#include "core/log.h"
#include "strop/job.h"

namespace strop {
namespace {

int run_train(const CommandLine& command) {
  const bool goes_on = !command.options.resume.empty() || !command.options.replay.empty();
  if (!goes_on) require_keys(command, {"model", "data"});
  if (!goes_on && !command.plan) {
    for (const auto& line : unread_keys(command.options)) log_warning("{}", line);
  }
  const auto result = command.plan ? train(*command.plan) : train(command.options, command.given);
  if (command.options.json) {
    auto object = nlohmann::ordered_json::parse(result.results_json);
    object["run_folder"] = result.folder.string();
    print(object.dump(2));
  } else if (command.options.quiet) {
    print(result.folder.string());
  } else {
    print(figures_text(result.results_json) + "run:    " + result.folder.string() +
          "\nreport: " + (result.folder / "report.html").string());
  }
  return 0;
}

}  // namespace

Verb train_verb() {
  Verb verb;
  verb.name = "train";
  verb.summary = "fine-tunes a model on your data";
  verb.about =
      "Looks at the model, the data and the limits, plans (unless a plan is given), trains, evaluates, and leaves a "
      "run "
      "folder with the result, the plan it followed and report.html. A plan runs as it stands: beside it only --out, "
      "--resume, --quiet and --json are taken. Ctrl-C saves and leaves; --resume goes on.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop train --model sentence-transformers/all-MiniLM-L6-v2 --data reviews.csv --out runs/reviews",
                   "strop train --model MODEL --data reviews.csv --method lora --time 10m lora_r=16 lr=5e-4",
                   "strop train plan.yaml --out runs/again", "strop train --resume --out runs",
                   "strop train --replay runs/text-classification/1 --out runs/again"};
  verb.usual = {
      "model", "data",   "task",    "method", "out",    "time",  "memory", "learning_rate", "num_train_epochs",
      "seed",  "device", "threads", "resume", "replay", "quiet", "json"};
  verb.keeps_plan = true;
  verb.lists_keys = true;
  verb.run = run_train;
  return verb;
}

}  // namespace strop
