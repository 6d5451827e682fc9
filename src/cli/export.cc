#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "strop/job.h"

namespace strop {
namespace {

int run_export(const CommandLine& command) {
  require_keys(command, {"model", "out"});
  refuse_own_input(command.options.out, command.options);
  const auto file = export_model(command.options).string();
  print(command.options.json ? nlohmann::json{{"model", file}}.dump() : file);
  return 0;
}

}  // namespace

Verb export_verb() {
  Verb verb;
  verb.name = "export";
  verb.summary = "writes a network of pictures as an ONNX file";
  verb.about =
      "Writes the file --out: of the run folder --model, or of the base --model with --adapter, which is folded in. "
      "The network takes any number of normalised pictures (pixels) of one size and gives logits, or a detector's "
      "boxes "
      "and scores before suppression; the labels and how to prepare a picture stand in the file's metadata.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop export --model runs/clothing --out clothing.onnx",
                   "strop export --model efficientnet-lite0.pth --image-size 192 --out small.onnx"};
  verb.usual = {"model", "adapter", "image_size", "out", "quiet", "json"};
  verb.run = run_export;
  return verb;
}

}  // namespace strop
