// The files beside all_results.json that Hugging Face's and Ultralytics' users look for.
#pragma once

#include <filesystem>

#include "report/run_record.h"
#include "train/checkpoint.h"

namespace strop {

// train_results.json, eval_results.json (where there is an evaluation), trainer_state.json (HF's keys, log_history from
// trainer_log.jsonl) and results.csv (one row a log line).
void write_result_files(const std::filesystem::path& folder, const RunResults& results, const TrainProgress& progress);

}  // namespace strop
