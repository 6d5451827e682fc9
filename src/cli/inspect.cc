#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "config/schema.h"
#include "config/values.h"
#include "strop/job.h"

namespace strop {
namespace {

int run(const CommandLine& command) {
  Options options = command.options;
  if (options.model.empty() && options.adapter.empty() && options.data.empty()) {
    fail(ErrorKind::usage, "strop inspect needs --model, --adapter or --data; for example:\n  {}",
         command.verb->examples.front());
  }
  InspectOptions what;
  what.blocks = command.has("blocks");
  what.augment = command.has("augment");
  if (what.augment && command.flags.at("augment") != kLeftOut) {
    set_option(options, "augment", command.flags.at("augment"), "command line");
  }
  if (what.augment && options.data.empty()) {
    fail(ErrorKind::usage, "command line: --augment shows samples of --data, which is missing");
  }
  if (command.has("samples")) what.samples = flag_integer(command, "samples");
  print(inspect(options, what));
  return 0;
}

}  // namespace

Verb inspect_verb() {
  Verb verb;
  verb.name = "inspect";
  verb.summary = "shows what a model, adapter, run or data set is";
  verb.about =
      "Of a model: its row of blocks, parameters, input form and labels. Of an adapter or run: its base and what was "
      "trained. Of data: splits, columns, labels, lengths, duplicates, and problems with file:line. With --augment texts are "
      "printed; pictures go to a sheet, --out FILE.jpg or .png (else augmented.jpg, augmented-2.jpg ...), as --model sees "
      "them.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop inspect --data reviews.csv", "strop inspect --model runs/reviews --blocks",
                   "strop inspect --data reviews.csv --augment aeda,swap --samples 10",
                   "strop inspect --model vit/ --data photos/ --augment rand-m9-mstd0.5 --out views.png"};
  verb.usual = {"model", "adapter", "data", "columns", "out", "json"};
  verb.flags = {{"blocks", "", "Each block with its parameters, FLOPs and bytes."},
                {"augment", "[LIST]", "Show augmented samples of --data, of these kinds."},
                {"samples", "N", "How many samples to show (default 5)."}};
  verb.run = run;
  return verb;
}

}  // namespace strop
