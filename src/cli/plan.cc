#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "config/schema.h"
#include "core/files.h"
#include "strop/job.h"

namespace strop {
namespace {

int run_plan(const CommandLine& command) {
  require_keys(command, {"model", "data"});
  // --out, --quiet and --json are about this command, not about the run that it plans.
  Options options = command.options;
  options.out.clear();
  std::filesystem::path out = command.options.out;
  if (std::filesystem::is_directory(out)) out /= "plan.yaml";
  if (!out.empty()) refuse_own_input(out, command.options);
  Plan plan = make_plan(options);
  plan.options.quiet = plan.options.json = false;
  const auto yaml = to_yaml(plan);
  if (!out.empty()) write_file_atomic(out, yaml);
  print(command.options.json ? yaml_to_json(yaml, "plan.yaml") : yaml);
  return 0;
}

}  // namespace

Verb plan_verb() {
  Verb verb;
  verb.name = "plan";
  verb.summary = "decides how to fine-tune and prints the plan";
  verb.about =
      "Does all that train does before its first step and prints the plan as YAML, with its reasons; --out FILE writes "
      "it too. Read it, edit it, then run it with 'strop train FILE'.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop plan --model sentence-transformers/all-MiniLM-L6-v2 --data reviews.csv --out plan.yaml",
                   "strop plan options.yaml --time 5m --memory 2G"};
  verb.usual = {"model", "data", "task", "method", "out", "time", "memory", "device", "threads", "quiet", "json"};
  verb.lists_keys = true;
  verb.run = run_plan;
  return verb;
}

}  // namespace strop
