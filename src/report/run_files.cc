#include "report/run_files.h"

#include <algorithm>
#include <fstream>
#include <functional>

#include "core/files.h"
#include "core/text.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Runs `read` on the file; notes what is lost where it is missing or damaged.
void attempt(RunFiles& run, const fs::path& file, const char* without, const std::function<void()>& read) {
  const std::string name = file.filename().string();
  if (!fs::exists(file)) {
    run.troubles.push_back(name + " is missing: " + without);
    return;
  }
  try {
    read();
  } catch (const Error& error) {
    run.troubles.push_back(name + " can't be read: " + without + " " + excerpt(error.what(), 300));
  }
}

std::string cut_text(const std::string& text) {
  if (text.size() <= kTextLimit) return text;
  std::size_t at = 0, whole = 0;
  while (at < kTextLimit) {
    whole = at;
    decode_utf8(text, at);
  }
  return text.substr(0, whole) + fmt::format("… (the first {} of {})", human_bytes(static_cast<double>(whole)),
                                             human_bytes(static_cast<double>(text.size())));
}

void read_predictions(RunFiles& run, const fs::path& file) {
  std::ifstream stream(file);
  const auto worse = [](const PredictionRecord& a, const PredictionRecord& b) { return a.score > b.score; };
  for (std::string line; std::getline(stream, line);) {
    if (stream.eof()) break;  // torn
    PredictionRecord record = prediction_from_json(line);
    ++run.predictions;
    if (record.label.empty() || record.label == record.prediction) continue;
    ++run.wrong;
    record.text = cut_text(record.text);
    record.text_pair = cut_text(record.text_pair);
    auto& kept = run.mistakes;
    kept.insert(std::upper_bound(kept.begin(), kept.end(), record, worse), std::move(record));
    if (kept.size() > kMostMistakes) kept.pop_back();
  }
}

}  // namespace

const SplitMetrics* RunFiles::split_metrics() const {
  if (!results) return nullptr;
  if (results->test) return &*results->test;
  return results->eval ? &*results->eval : nullptr;
}

const ClassificationMetrics* RunFiles::metrics() const { return std::get_if<ClassificationMetrics>(split_metrics()); }
const BoxMetrics* RunFiles::box_metrics() const { return std::get_if<BoxMetrics>(split_metrics()); }

const char* RunFiles::split_name() const { return results && results->test ? "test" : "validation"; }

RunFiles read_run(const fs::path& folder) {
  const char* const names[] = {"plan.yaml", "strop.json", "trainer_log.jsonl", "all_results.json"};
  const auto held = [&](const char* name) { return fs::is_regular_file(folder / name); };
  if (std::none_of(std::begin(names), std::end(names), held)) {
    fail(ErrorKind::usage, "{}: not a run folder; expected {} of `strop train --out {}` in it", folder.string(),
         "plan.yaml, strop.json, trainer_log.jsonl or all_results.json", folder.string());
  }
  RunFiles run;
  run.name = fs::weakly_canonical(folder).filename().string();
  attempt(run, folder / "strop.json", "nothing is known of the model, the data, the machine and the frozen blocks.",
          [&] { run.record = run_record_from_json(read_file(folder / "strop.json", ErrorKind::usage)); });
  attempt(run, folder / "all_results.json", "the run has not finished, and has no final figures.",
          [&] { run.results = run_results_from_json(read_file(folder / "all_results.json", ErrorKind::usage)); });
  attempt(run, folder / "plan.yaml", "the plan is not shown.", [&] {
    run.plan.text = read_file(folder / "plan.yaml", ErrorKind::usage);
    run.plan = plan_view(run.plan.text);
  });
  attempt(run, folder / "trainer_log.jsonl", "there are no curves.",
          [&] { run.log = read_log_lines(folder / "trainer_log.jsonl"); });
  attempt(run, folder / "predictions.jsonl", "mistakes are not shown with their text.",
          [&] { read_predictions(run, folder / "predictions.jsonl"); });
  if (const auto file = folder / "gallery.json"; fs::exists(file)) {
    attempt(run, file, "pictures are shown by their names.",
            [&] { read_gallery(run, read_file(file, ErrorKind::usage)); });
  }
  return run;
}

}  // namespace strop
