#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "strop/job.h"

namespace strop {
namespace {

int run_bench(const CommandLine& command) {
  require_keys(command, {"model", "data"});
  BenchOptions what;
  what.blocks = command.has("blocks");
  if (command.has("steps")) what.steps = flag_integer(command, "steps");
  print(bench(command.options, what));
  return 0;
}

}  // namespace

Verb bench_verb() {
  Verb verb;
  verb.name = "bench";
  verb.summary = "measures speed and memory of a training step";
  verb.about =
      "Runs a few training steps as train would and prints samples and tokens a second, peak memory and the share of "
      "the machine's measured GEMM peak; --blocks shows where time and memory go. Nothing is saved.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop bench --model sentence-transformers/all-MiniLM-L6-v2 --data reviews.csv --method lora",
                   "strop bench options.yaml --blocks --steps 50 --threads 2"};
  verb.usual = {"model", "data", "method", "precision", "per_device_train_batch_size", "device", "threads", "json"};
  verb.flags = {{"blocks", "", "Time and memory of each block, forward and backward."},
                {"steps", "N", "Measured steps, after two of warm-up (default 20)."}};
  verb.lists_keys = true;
  verb.run = run_bench;
  return verb;
}

}  // namespace strop
