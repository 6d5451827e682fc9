// One self-contained page about a run, or about several side by side: no script from elsewhere, no network, works from
// a file, light and dark, readable on a phone. It is rendered from the run folder's files alone, at any time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace strop {

// Reads plan.yaml, strop.json, trainer_log.jsonl, all_results.json and predictions.jsonl of each folder (see
// docs/run-folder.md for their keys); what is missing is left out of the page, and said. Error(usage): not a run
// folder.
std::string render_report(const std::vector<std::filesystem::path>& run_folders);

}  // namespace strop
