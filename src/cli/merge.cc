#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "strop/job.h"

namespace strop {
namespace {

int run_merge(const CommandLine& command) {
  require_keys(command, {"model", "out"});
  const auto folder = merge(command.options).string();
  print(command.options.json ? nlohmann::json{{"model", folder}}.dump() : folder);
  return 0;
}

}  // namespace

Verb merge_verb() {
  Verb verb;
  verb.name = "merge";
  verb.summary = "folds an adapter into its base model";
  verb.about =
      "Writes a Hugging Face model without adapter to --out: of the run folder --model, or of the base --model with "
      "--adapter. Its outputs are those of base and adapter together.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop merge --model runs/reviews --out merged",
                   "strop merge --model sentence-transformers/all-MiniLM-L6-v2 --adapter runs/reviews --out merged"};
  verb.usual = {"model", "adapter", "out", "quiet", "json"};
  verb.run = run_merge;
  return verb;
}

}  // namespace strop
