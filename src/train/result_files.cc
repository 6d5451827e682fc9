#include "train/result_files.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "report/run_log.h"

namespace strop {

using json = nlohmann::ordered_json;

void write_result_files(const std::filesystem::path& folder, const RunResults& results, const TrainProgress& progress) {
  const json train = {{"epoch", results.epoch},
                      {"train_loss", results.train_loss},
                      {"train_runtime", results.train_runtime},
                      {"train_samples_per_second", results.train_samples_per_second}};
  write_file_atomic(folder / "train_results.json", train.dump(2) + "\n");
  if (results.eval) write_file_atomic(folder / "eval_results.json", metrics_json(*results.eval, "eval") + "\n");

  json state = {{"global_step", progress.global_step},
                {"epoch", results.epoch},
                {"best_metric", progress.best_step < 0 ? json() : json(progress.best_metric)},
                {"best_global_step", progress.best_step < 0 ? json() : json(progress.best_step)},
                {"log_history", json::array()}};
  std::string csv =
      "step,epoch,stage,loss,learning_rate,grad_norm,eval_loss,eval_accuracy,eval_f1,eval_map,eval_map_50,samples_per_"
      "second,elapsed_time\n";
  for (const auto& line : read_log_lines(folder / "trainer_log.jsonl")) {
    json entry = {{"step", line.current_steps}, {"epoch", line.epoch}};
    csv += fmt::format("{},{},{}", line.current_steps, line.epoch, line.stage);
    for (const auto& [name, value] : {std::pair{"loss", line.loss},
                                      {"learning_rate", line.learning_rate},
                                      {"grad_norm", line.grad_norm},
                                      {"eval_loss", line.eval_loss},
                                      {"eval_accuracy", line.eval_accuracy},
                                      {"eval_f1", line.eval_f1},
                                      {"eval_map", line.eval_map},
                                      {"eval_map_50", line.eval_map_50},
                                      {"samples_per_second", line.samples_per_second},
                                      {"elapsed_time", line.elapsed_time}}) {
      csv += std::isfinite(value) ? fmt::format(",{}", value) : ",";
      if (std::isfinite(value)) entry[name] = value;
    }
    csv += "\n";
    state["log_history"].push_back(entry);
  }
  write_file_atomic(folder / "trainer_state.json", state.dump(2) + "\n");
  write_file_atomic(folder / "results.csv", csv);
}

}  // namespace strop
