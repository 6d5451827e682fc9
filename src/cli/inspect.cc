#include <algorithm>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "config/schema.h"
#include "config/values.h"
#include "strop/job.h"

namespace strop {
namespace {

// The data as it is: no pictures are held out or left out unless the command says so.
void write_data(const CommandLine& command, Options& options, InspectOptions& what) {
  if (!command.has("write") || !command.has("format") || options.data.empty()) {
    fail(ErrorKind::usage, "command line: --write FOLDER, --format coco, voc or yolo, and --data belong together");
  }
  what.write = command.flags.at("write");
  what.format = command.flags.at("format");
  const auto said = [&](const char* key) { return std::ranges::find(command.given, key) != command.given.end(); };
  if (!said("val_size")) options.val_size = 0;
  if (!said("max_train_samples")) options.max_train_samples = 0;
}

int run_inspect(const CommandLine& command) {
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
  if (command.has("write") || command.has("format")) write_data(command, options, what);
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
      "trained. Of data: splits, columns, labels, lengths, duplicates, and problems with file:line. With --augment "
      "texts are "
      "printed; pictures go to a sheet, --out FILE.jpg or .png (else augmented.jpg, augmented-2.jpg ...), as --model "
      "sees "
      "them. With --write pictures with boxes are converted: the checked boxes go to a new folder in COCO's, Pascal "
      "VOC's or "
      "YOLO's form, pictures linked or copied (docs/detection.md).";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop inspect --data reviews.csv", "strop inspect --model runs/reviews --blocks",
                   "strop inspect --data reviews.csv --augment aeda,swap --samples 10",
                   "strop inspect --model vit/ --data photos/ --augment rand-m9-mstd0.5 --out views.png",
                   "strop inspect --data coco/ --write voc/ --format voc"};
  verb.usual = {"model", "adapter", "data", "columns", "out", "json"};
  verb.flags = {{"blocks", "", "Each block with its parameters, FLOPs and bytes."},
                {"augment", "[LIST]", "Show augmented samples of --data, of these kinds."},
                {"samples", "N", "How many samples to show (default 5)."},
                {"write", "FOLDER", "Write --data, pictures with boxes, to this new folder."},
                {"format", "coco|voc|yolo", "With --write: how the annotations are written."}};
  verb.run = run_inspect;
  return verb;
}

}  // namespace strop
