// What strop does, as functions: the command line is a thin client of this header (src/cli, one file a verb).
//
// All of them throw strop::Error (strop/error.h) with a message for a person; nothing is left half-written. They print
// news through the log and progress to stderr unless options.quiet or options.json. Not thread-safe: one job at a time
// in a process, since libtorch's threads and the interrupt flag are the process's.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "strop/error.h"
#include "strop/options.h"
#include "strop/plan.h"

namespace strop {

struct RunResult {
  std::filesystem::path folder;  // the run folder
  std::string results_json;      // all_results.json: metrics, predicted and actual cost
};

// Looks at model, data, machine and limits and decides. Cost: reads the data and the model's header, probes the machine
// for at most 0.3 s the first time (kept in the cache folder).
Plan make_plan(const Options& options);

// make_plan, then run it; with options.resume goes on with an interrupted run instead. Writes the run folder
// (docs/run-folder.md). Ctrl-C or SIGTERM: saves a checkpoint, throws Error(interrupted). A resumed run goes by its own
// plan: options that say otherwise are Error(usage), defaults too where `given` names their keys.
RunResult train(const Options& options, const std::vector<std::string>& given = {});
// Runs a plan as it stands.
RunResult train(const Plan& plan);

// Metrics of options.model (a run folder, or a base with options.adapter) on options.data; writes eval_results.json to
// options.out where given. Returns its text.
std::string evaluate(const Options& options);

// COCO's figures of the found boxes in the file `predictions` (COCO's results array, as predict writes it), held
// against options.data, COCO's JSON file of annotations: equal to pycocotools' to 1e-9. No model is opened and no
// picture looked at; boxes count as they stand there. Returns their JSON text with eval_seconds, the time it took from
// the files to the figures; writes it to options.out as evaluate does. Error(data): a picture that the
// annotations lack, or no category that they name (boxes of other categories are left out, with a warning).
std::string evaluate_predictions(const std::string& predictions, const Options& options);

// One JSON object a line for each input row, in order: {"index", "label", "score", "scores": {name: p}}; of a detector
// one array, COCO's results of all pictures. options.data "-" reads standard input.
void predict(const Options& options, std::ostream& out);

// Folds options.adapter (or the run folder options.model) into its base; writes a Hugging Face model to options.out.
std::filesystem::path merge(const Options& options);

// Writes the network of options.model (a run folder, or a base with options.adapter) to the file options.out, in ONNX:
// pixels in, logits out (of a detector boxes and scores), labels and input form in its metadata (docs/models.md).
// Networks of pictures only.
std::filesystem::path export_model(const Options& options);

struct InspectOptions {
  bool blocks = false;   // the row of blocks with parameters, FLOPs and bytes
  bool augment = false;  // show augmented samples of options.data
  std::int64_t samples = 5;
  // Pictures with boxes: write them to this new folder in that format (coco | voc | yolo), as options.val_size and
  // max_train_samples split and cut them (data/boxes/write_boxes.h). Error(usage): other data, a folder that is there.
  std::string write, format;
};
// What a model, an adapter, a run or a data set is, in text for a person, or JSON with options.json.
std::string inspect(const Options& options, const InspectOptions& what);

struct BenchOptions {
  bool blocks = false;      // time and memory of each block, forward and backward
  std::int64_t steps = 20;  // measured steps after two of warm-up
};
// Throughput, memory and share of the measured GEMM peak of options' training step; text, or JSON with options.json.
std::string bench(const Options& options, const BenchOptions& what);

// "strop 0.1.0 (libtorch 2.13.0, AVX-512 BF16, 2 cores)".
std::string version_line();

}  // namespace strop
